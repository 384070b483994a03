import { parts } from './platform.ts'

/** Puts what the example needs into a folder of the user, where the next run finds it. */
export async function install(): Promise<void> {
  console.log('installing MLflow, KServe’s server, OPA and Prometheus; the first time takes minutes')
  await Promise.all(
    Object.entries(parts).map(async ([name, part]) => {
      const installed = await part()
      if ('missing' in installed) {
        console.log(`✗ ${installed.missing}`)
        process.exitCode = 1
      } else {
        const { folder, tookMs, isNew } = installed
        console.log(`✓ ${name} ${isNew ? `in ${Math.round(tookMs / 1000)} s` : 'was there'}: ${folder}`)
      }
    }),
  )
}
