import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { requireNode } from '../../src/node-version.ts'

describe('requireNode', () => {
  it.each(['22.19.0', '22.20.1', '23.0.0', '24.21.0', '100.0.0'])('lets Node %s pass', (version) => {
    expect(() => requireNode(version)).not.toThrow()
  })

  it.each(['20.20.2', '22.18.9', '18.0.0'])(
    'refuses Node %s in one line that names what is needed',
    (version) => {
      expect(() => requireNode(version)).toThrow(
        expect.objectContaining({
          code: 'unsupported',
          message: `Modelspine needs Node 22.19 or later, and this is Node ${version}: install a newer Node`,
        }),
      )
    },
  )

  it('asks for what package.json asks for', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } }
    const needed = engines.node.replace('>=', '')
    expect(() => requireNode(`${needed}.0`)).not.toThrow()
    const [major, minor] = needed.split('.').map(Number)
    expect(() => requireNode(`${major}.${Number(minor) - 1}.99`)).toThrow()
  })
})
