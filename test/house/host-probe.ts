/**
 * Runs in a process of its own. It imports the modules that its first argument names, one after the other, and prints
 * what each changed in its host. A second argument names a module whose `use(loaded)` is called after each import.
 */

type Host = Readonly<Record<string, unknown>>

/** Even the descriptors of these globals load Node's own undici. Then another undici behaves differently. */
const loadedByLooking: ReadonlySet<string | symbol> = new Set([
  'FormData',
  'Headers',
  'Request',
  'Response',
  'MessageEvent',
  'CloseEvent',
  'WebSocket',
])

const prototypes = [Object, Array, Promise, Error, Function, String, Map, Set]

function snapshot(): Host {
  const host: Record<string, unknown> = {}
  for (const key of Reflect.ownKeys(globalThis)) {
    const own = loadedByLooking.has(key) ? undefined : Object.getOwnPropertyDescriptor(globalThis, key)
    // A lazy global is compared by its getter, because a call of the getter would load the global's module.
    host[`global ${String(key)}`] = own?.get ?? own?.value ?? 'present'
  }
  for (const { name, prototype } of prototypes) {
    host[`${name}.prototype`] = Reflect.ownKeys(prototype).map(String).sort().join()
  }
  for (const event of process.eventNames()) {
    host[`listeners ${String(event)}`] = process.listenerCount(event)
  }
  for (const [name, value] of Object.entries(process.env)) host[`env ${name}`] = value
  host['active resources'] = process.getActiveResourcesInfo().filter(staysOpen).sort().join()
  host['working directory'] = process.cwd()
  host.title = process.title
  host.umask = process.umask()
  host['exit code'] = process.exitCode
  host['stack trace limit'] = Error.stackTraceLimit
  return host
}

/** Standard streams and file reads come and go by themselves. The imported code opened any other resource. */
function staysOpen(resource: string): boolean {
  return !/^(PipeWrap|TTYWrap|FSReq|CloseReq|Immediate)/.test(resource)
}

async function changes(before: Host, after: Host): Promise<string[]> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const changed = [...names].filter((name) => !Object.is(before[name], after[name]))
  // An import of node:http makes Node set up its own fetch. Node would do so at the first use anyway.
  const { Agent } = await import('undici')
  const isNodes = (value: unknown): boolean =>
    !(value instanceof Agent) && value?.constructor.name === 'Agent'
  return changed.filter(
    (name) =>
      !(name.includes('undici.globalDispatcher') && before[name] === undefined && isNodes(after[name])),
  )
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}

async function probe(specifier: string): Promise<unknown> {
  const before = snapshot()
  const loaded = await import(specifier)
  await settled()
  const imported = snapshot()
  const facts = await user?.use(loaded)
  if (user !== undefined) await settled()
  const used = snapshot()
  return {
    byImport: await changes(before, imported),
    byUse: await changes(imported, used),
    names: Object.keys(loaded).length,
    facts,
  }
}

const [specifiers = '[]', useFile] = process.argv.slice(2)
const user = useFile === undefined ? undefined : await import(useFile)
await user?.prepare()
// zod keeps the shared state of its copies in two globals of its own, in any host that uses zod.
await import('zod')
await settled()
const reports: unknown[] = []
for (const specifier of JSON.parse(specifiers)) reports.push(await probe(specifier))
process.stdout.write(JSON.stringify(reports))
// A probe that finds an open timer must not wait for it.
process.exit()
