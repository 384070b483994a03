import { type SqliteStore, sqliteStore } from 'modelspine/adapters/sqlite'
import { describe, it } from 'vitest'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { stateStoreConformance } from '../../../src/testing/state-store-kit.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

stateStoreConformance({
  name: 'sqliteStore',
  describe,
  it,
  create() {
    const folder = temporaryFolder()
    const clock = createFakeClock()
    const handles: SqliteStore[] = []
    const open = (): SqliteStore => {
      const store = sqliteStore({ path: `${folder}/state.db`, clock })
      handles.push(store)
      return store
    }
    return {
      subject: {
        store: open(),
        advance: clock.advance,
        reopen: async () => open(),
        another: async () => open(),
      },
      async dispose() {
        for (const store of handles) await store.close()
      },
    }
  },
})
