/**
 * Puts servers into the cache, all at once: those named on the command line, or all. CI does so while other work runs.
 */
import { liveServers, type ServerName } from './servers/index.ts'

const named = process.argv.slice(2) as ServerName[]
const names = named.length > 0 ? named : (Object.keys(liveServers) as ServerName[])
await Promise.all(
  names.map(async (name) => {
    const installed = await liveServers[name].install()
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
