/** Shows its books to everyone its sidecar lets in, and restocks from the warehouse when one is bought. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { callHttp, keepCalling, reported } from './calls.mjs';

const pod = process.env.POD_NAME;
const restock = () => callHttp({ method: 'POST', url: 'http://bookwarehouse.bookstore:8080/restock' });

async function answer(method, path) {
  switch (`${method} ${path}`) {
    case 'GET /books':
      return { status: 200, body: { pod, books: ['The Sidecar', 'Of Meshes and Men'] } };
    case 'POST /books/buy': {
      const { status, error } = await reported('restock', restock());
      return status === 200 ? { status: 200, body: { pod, sold: 1 } } : { status: 502, body: { pod, restock: error } };
    }
    case 'GET /till':
      return { status: 200, body: { pod, till: 'all the money' } };
    default:
      return { status: 404, body: { pod, error: 'no such page' } };
  }
}

const server = createServer(async (request, response) => {
  const { status, body } = await answer(request.method, new URL(request.url, 'http://bookstore').pathname);
  response.writeHead(status, { 'content-type': 'application/json', 'x-pod': pod }).end(JSON.stringify(body));
}).listen(8080, process.env.POD_IP);
await once(server, 'listening');

keepCalling({ restock: { call: restock } });
