/** A process that writes once and then ends without closing its store: `left-open.ts PATH`. */

import { sqliteStore } from 'modelspine/adapters/sqlite'
import { created } from '../../../src/testing/state-store/subject.ts'

const store = sqliteStore({ path: process.argv[2] ?? '' })
const abort = new AbortController()
void store.watch(abort.signal)[Symbol.asyncIterator]().next()
await created(store)
console.log('written')
