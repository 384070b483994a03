import manifest from '../../package.json' with { type: 'json' }
import { pythonClientList } from '../live/python-clients/client-list.ts'
import { pythonClientVersions } from '../live/servers/python-clients.ts'
import { clientList } from './client-list.ts'
import type { Place } from './real-client.ts'
import { scriptedVendors } from './scripted-vendors.ts'

/** The page that lists the clients. Its table is written from the lists that the tests go through. */
export const clientPage = 'docs/gateway.md'

/** Nobody is asked for the table. */
export const nowhere: Place = { url: 'http://127.0.0.1:9', router: undefined as never }

const begin = '<!-- The table is written by `npm run clients`. -->\n'
const end = '<!-- The end of the table. -->\n'

/** The page with the present table in it. */
export function withClients(page: string): string {
  const [before, rest = ''] = page.split(begin)
  const [, after] = rest.split(end)
  if (before === undefined || after === undefined) throw new Error(`${clientPage} has no place for the table`)
  return `${before}${begin}\n${clientTable()}\n${end}${after}`
}

function clientTable(): string {
  const chats = scriptedVendors.map(({ name }) => `\`${name}\``).join(', ')
  const forNode = clientList.map((make) => {
    const { name, package: from, through, embed } = make(nowhere)
    return [name, versionOf(from), through, embed === undefined ? 'no' : 'yes']
  })
  const forPython = pythonClientList.map(({ name, package: from, through, embeds }) => {
    const [client, ...more] = name.split(', ')
    const shown = [`${client} for Python`, ...more].join(', ')
    return [shown, pythonClientVersions[from], through, embeds ? 'yes' : 'no']
  })
  const rows = [...forNode, ...forPython].map((cells) => `| ${cells.join(' | ')} |`)
  return `Each over ${chats}:

| client | version | reaches | embeds |
|---|---|---|---|
${rows.join('\n')}
`
}

function versionOf(name: string): string {
  const { devDependencies } = manifest
  if (!(name in devDependencies)) throw new Error(`${name} is no development dependency`)
  return devDependencies[name as keyof typeof devDependencies]
}
