/**
 * A process that routes over a shared store and does not lead (`routing-process.ts PATH`). It asks the route
 * `digits` without pause. The first revision answers; every later one fails. Prints a line when it routes.
 */

import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createControlPlane, memoryProvider, memoryTarget } from 'modelspine'
import { sqliteStore } from 'modelspine/adapters/sqlite'

const [path = ''] = process.argv.slice(2)
let good: string | undefined

const plane = createControlPlane({
  store: sqliteStore({ path }),
  targets: { local: memoryTarget() },
  connect: {
    memory: ({ address }) => {
      good ??= address
      return memoryProvider({
        infer: () => {
          if (address !== good) throw new Error('the model is broken')
          return { kind: 'tensors', outputs: [] }
        },
      })
    },
  },
})

await plane.start()
writeSync(1, 'routing\n')
for (;;) {
  await plane.router.infer('digits', { kind: 'tensors', inputs: [] }).catch(() => {})
  await pause(10)
}
