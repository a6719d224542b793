// Makes fetch.wasm of fetch.js: JavaScript and its engine in one component, some 11 MB.
import { writeFile } from 'node:fs/promises';
import { componentize } from '@bytecodealliance/componentize-js';

const { component } = await componentize({
  sourcePath: 'fetch.js',
  witPath: 'fetch.wit',
  worldName: 'fetcher',
});
await writeFile('fetch.wasm', component);
