/**
 * The loop on your own schedule. Each run takes the lease, does the work that is due for one deployment,
 * writes the audit log and releases the lease. Run it every minute from cron, or several times by hand:
 *
 * npm run example -- examples/reconcile-script.ts [FOLDER]
 *
 * The state is in FOLDER (default `.tmp/reconcile-script`), so each run continues where the last run stopped.
 */

import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createControlPlane, hostedTarget, memoryRegistry } from 'modelspine'
import { fileAuditLog } from 'modelspine/adapters/file'
import { sqliteStore } from 'modelspine/adapters/sqlite'

const folder = resolve(process.argv[2] ?? '.tmp/reconcile-script')
mkdirSync(folder, { recursive: true })

const plane = createControlPlane({
  store: sqliteStore({ path: join(folder, 'state.db') }),
  audit: fileAuditLog({ path: join(folder, 'audit') }),
  registries: {
    models: memoryRegistry({
      name: 'models',
      versions: [
        {
          name: 'summaries',
          version: '2026-10',
          approval: 'approved',
          artifact: { kind: 'hosted', provider: 'vendor', model: 'large' },
        },
      ],
    }),
  },
  targets: { vendor: hostedTarget() },
})

try {
  const { change } = await plane.deploy(
    'summaries',
    { model: 'models/summaries@latest-approved', target: 'vendor' },
    { actor: { name: 'reconcile-script' } },
  )
  const { phase, waitsFor, revisions } = await plane.reconcileOnce('summaries')
  console.log(`summaries: ${change}, ${phase}, waits for ${waitsFor}`)
  for (const { model, weight, state } of revisions) console.log(`  ${weight} % ${model} (${state})`)
  const verdict = await plane.audit.verify()
  console.log(
    verdict.ok ? `audit log: ${verdict.records} records, intact` : `audit log: broken: ${verdict.reason}`,
  )
} finally {
  await plane.stop()
}
