import { DatabaseSync } from 'node:sqlite'
import { type SqliteStore, type SqliteStoreOptions, sqliteStore } from 'modelspine/adapters/sqlite'
import { describe, it } from 'vitest'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { stateStoreConformance } from '../../../src/testing/state-store-kit.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { settled } from './settled.ts'

stateStoreConformance({
  name: 'sqliteStore',
  describe,
  it,
  create() {
    const folder = temporaryFolder()
    const clock = createFakeClock()
    const handles: SqliteStore[] = []
    const open = (options: Partial<SqliteStoreOptions> = {}): SqliteStore => {
      const store = sqliteStore({ path: `${folder}/state.db`, clock, ...options })
      handles.push(store)
      return store
    }
    return {
      subject: {
        store: open(),
        async advance(ms) {
          await clock.advance(ms)
          for (const store of handles) await settled(store)
        },
        reopen: async () => open(),
        another: async () => open(),
        async damage(kind, key) {
          const raw = new DatabaseSync(`${folder}/state.db`)
          raw
            .prepare(`UPDATE objects SET resource = '{"kind": "Model' WHERE kind = ? AND key = ?`)
            .run(kind, key)
          raw.close()
        },
        limited: async (maxEvents) => open({ path: `${folder}/limited.db`, maxEvents }),
      },
      async dispose() {
        for (const store of handles) await store.close()
      },
    }
  },
})
