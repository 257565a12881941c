import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServiceName } from './service-name.ts';

const rows: Readonly<Record<string, readonly [written: string, read: string | undefined]>> = {
  'a short name is in the own namespace': ['reviews', 'shop/reviews'],
  'a name with a namespace': ['reviews.books', 'books/reviews'],
  'a name up to svc': ['reviews.books.svc', 'books/reviews'],
  'a full name': ['reviews.books.svc.mesh.example', 'books/reviews'],
  'a dot at the end': ['reviews.books.svc.mesh.example.', 'books/reviews'],
  capitals: ['Reviews.Books', 'books/reviews'],
  'the name of something outside': ['api.example.com', undefined],
  'a full name in another cluster domain': ['reviews.books.svc.cluster.local', undefined],
  nothing: ['', undefined],
  'a missing namespace': ['reviews..svc', undefined],
};

for (const [title, [written, read]] of Object.entries(rows)) {
  test(`R10: the root of a split may be written as ${title}: ${JSON.stringify(written)}`, () => {
    const name = parseServiceName(written, 'shop', 'mesh.example');
    assert.equal(name && `${name.namespace}/${name.name}`, read);
  });
}
