/** A database of one table: greets whoever connects, then answers each line. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { keepCalling } from './calls.mjs';

let orders = 0;

const server = createServer((socket) => {
  socket.write(`READY orders-db ${process.env.POD_NAME}\n`);
  socket.setEncoding('utf8');
  let pending = '';
  socket.on('data', (chunk) => {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop();
    for (const line of lines) {
      if (line.startsWith('ORDER ')) orders += 1;
      socket.write(`OK ${orders} orders\n`);
    }
  });
  socket.on('error', () => socket.destroy());
}).listen(5432, process.env.POD_IP);
await once(server, 'listening');

keepCalling({});
