/** Browses and buys books, sometimes as a beta reader, and sometimes puts its hand in the till. */
import { callHttp, keepCalling } from './calls.mjs';

const bookstore = 'http://bookstore.bookstore:8080';

keepCalling({
  browse: { perSecond: 25, call: () => callHttp({ url: `${bookstore}/books` }) },
  'browse as beta': {
    perSecond: 5,
    call: () => callHttp({ url: `${bookstore}/books`, headers: { 'x-reader': 'beta' } }),
  },
  buy: { perSecond: 2, call: () => callHttp({ method: 'POST', url: `${bookstore}/books/buy` }) },
  'open the till': { perSecond: 1, call: () => callHttp({ url: `${bookstore}/till` }) },
});
