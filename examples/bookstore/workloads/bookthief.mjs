/** Tries what it was never granted. */
import { callHttp, callTcp, keepCalling } from './calls.mjs';

keepCalling({
  steal: { perSecond: 2, call: () => callHttp({ url: 'http://bookstore.bookstore:8080/books' }) },
  'read orders': {
    perSecond: 1,
    call: () => callTcp({ to: 'orders-db.bookstore:5432', address: process.env.ORDERS_DB, line: 'LIST' }),
  },
});
