import { expect, it } from 'vitest'
import { secretOf } from '../../../src/security/secret.ts'
import { openTelemetryLogger } from '../../../src/telemetry/open-telemetry-logger.ts'

it('emits log records with the severities of OpenTelemetry, and without secrets', () => {
  const records: unknown[] = []
  const logger = openTelemetryLogger({ emit: (record) => void records.push(record) })
  logger.debug({}, 'a')
  logger.info({ key: 'default/churn', left: undefined }, 'b')
  logger.warn({ token: secretOf('hunter2'), list: [1, { deep: true }] }, 'c')
  logger.error({}, 'd')
  expect(records).toEqual([
    { severityNumber: 5, severityText: 'DEBUG', body: 'a', attributes: {} },
    { severityNumber: 9, severityText: 'INFO', body: 'b', attributes: { key: 'default/churn' } },
    {
      severityNumber: 13,
      severityText: 'WARN',
      body: 'c',
      attributes: { token: '[secret]', list: [1, { deep: true }] },
    },
    { severityNumber: 17, severityText: 'ERROR', body: 'd', attributes: {} },
  ])
})
