import assert from 'node:assert/strict';
import { test } from 'node:test';
import { protocolOf } from './protocol.ts';

type Row = readonly [port: { name?: string; appProtocol?: string; protocol?: 'TCP' | 'UDP' | 'SCTP' }, outcome: string];

const rows: Readonly<Record<string, Row>> = {
  'a port that says nothing is HTTP': [{}, 'http'],
  'a port name that is no protocol’s is HTTP': [{ name: 'public' }, 'http'],
  'a port named http is HTTP': [{ name: 'http' }, 'http'],
  'a port name that begins with http is HTTP': [{ name: 'http-admin' }, 'http'],
  'a port name that only begins with the letters of a protocol is not it': [{ name: 'tcpdump' }, 'http'],
  'a port named grpc is HTTP/2': [{ name: 'grpc' }, 'http2'],
  'a port name that begins with grpc is HTTP/2': [{ name: 'grpc-api' }, 'http2'],
  'gRPC-Web is spoken over HTTP/1.1 as well': [{ name: 'grpc-web-public' }, 'http'],
  'a port named h2c is HTTP/2': [{ name: 'h2c' }, 'http2'],
  'a port name that begins with tcp is TCP': [{ name: 'tcp-server-first' }, 'tcp'],
  'a database by its port name is TCP': [{ name: 'mysql' }, 'tcp'],
  'encrypted HTTP is TCP to a sidecar': [{ name: 'https' }, 'tcp'],
  'a name in capitals means the same': [{ name: 'TCP' }, 'tcp'],
  'appProtocol counts before the name': [{ name: 'http', appProtocol: 'redis' }, 'tcp'],
  'appProtocol kubernetes.io/h2c is HTTP/2': [{ appProtocol: 'kubernetes.io/h2c' }, 'http2'],
  'appProtocol kubernetes.io/ws is HTTP': [{ appProtocol: 'kubernetes.io/ws' }, 'http'],
  'appProtocol kubernetes.io/wss is TCP': [{ appProtocol: 'kubernetes.io/wss' }, 'tcp'],
  'appProtocol in capitals means the same': [{ appProtocol: 'HTTP' }, 'http'],
  'an empty appProtocol says nothing': [{ name: 'tcp', appProtocol: '' }, 'tcp'],
  'an unknown appProtocol is TCP, whatever the name': [{ name: 'http', appProtocol: 'acme.io/x' }, 'unknown tcp'],
  'UDP is UDP, whatever else is said': [{ name: 'http', appProtocol: 'http', protocol: 'UDP' }, 'udp'],
  'SCTP is not carried': [{ protocol: 'SCTP' }, 'unsupported'],
};

for (const [title, [{ name, appProtocol, protocol = 'TCP' }, outcome]] of Object.entries(rows)) {
  test(title, () => {
    const choice = protocolOf({ name, appProtocol, protocol });
    const found =
      choice.protocol === 'unsupported'
        ? 'unsupported'
        : `${choice.known ? '' : 'unknown '}${choice.protocol}${choice.http2 ? '2' : ''}`;
    assert.equal(found, outcome);
  });
}
