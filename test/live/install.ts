/**
 * Puts servers and the vendors' interface descriptions into the cache, all at once: those named on the command line, or
 * all. CI does so while other work runs.
 */
import type { Installation } from '../../servers/server.ts'
import { officialModels } from '../official/official-models.ts'
import { liveServers } from './servers/index.ts'

const all: Readonly<Record<string, { install(): Promise<Installation> }>> = {
  ...liveServers,
  [officialModels.name]: officialModels,
}
const named = process.argv.slice(2)
const names = named.length > 0 ? named : Object.keys(all)
await Promise.all(
  names.map(async (name) => {
    const known = `there is no ${name}: name some of ${Object.keys(all).join(', ')}`
    const installed = (await all[name]?.install()) ?? { missing: known }
    if ('missing' in installed) {
      console.log(installed.missing)
      process.exitCode = 1
    } else {
      const { folder, tookMs, isNew } = installed
      console.log(
        `${name}: ${isNew ? 'installed' : 'was installed earlier'} in ${tookMs / 1000} s, ${folder}`,
      )
    }
  }),
)
