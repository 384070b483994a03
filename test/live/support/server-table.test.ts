import { describe, expect, it } from 'vitest'
import { serverTable } from './server-table.ts'

describe('serverTable', () => {
  it('says which servers ran, what they cost, and why others did not run', () => {
    const installed = { folder: '/cache/mlflow', tookMs: 7423, isNew: true }
    const rows = [
      { name: 'mlflow', version: '3.17.2', installed, startMs: 2840 },
      { name: 'kserve', version: '0.21.0', installed: { ...installed, isNew: false }, startMs: 400 },
      { name: 'opa', version: '1.22.2', missing: 'there is no go on this machine' },
    ]
    expect(serverTable(rows)).toBe(
      [
        'server  version  installed in    ready in',
        'mlflow  3.17.2   7.4 s           2.8 s',
        'kserve  0.21.0   7.4 s, earlier  0.4 s',
        'opa     1.22.2   missing         -',
        'there is no go on this machine',
        '',
      ].join('\n'),
    )
  })
})
