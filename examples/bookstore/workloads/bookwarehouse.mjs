/** Takes restocking orders over HTTP and writes each to the orders database. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { callTcp, keepCalling, reported } from './calls.mjs';

const pod = process.env.POD_NAME;
const record = () =>
  callTcp({ to: 'orders-db.bookstore:5432', address: process.env.ORDERS_DB, line: 'ORDER 1 The Sidecar' });

const server = createServer(async (_request, response) => {
  const { answer, error } = await reported('record an order', record());
  response.writeHead(answer === undefined ? 503 : 200, { 'content-type': 'application/json', 'x-pod': pod });
  response.end(JSON.stringify(answer === undefined ? { pod, error } : { pod, answer }));
}).listen(8080, process.env.POD_IP);
await once(server, 'listening');

keepCalling({ 'record an order': { call: record } });
