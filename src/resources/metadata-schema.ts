import { z } from 'zod'
import { type Defaulted, defaulted, dnsLabelField, textMapField } from './fields.ts'
import { apiVersion, type Metadata, type MetadataInput } from './metadata.ts'

export function metadataSchema(): z.ZodType<Metadata, MetadataInput> {
  return z.strictObject(
    {
      name: dnsLabelField().describe('Unique for its kind in the namespace. A DNS label.'),
      namespace: defaulted(dnsLabelField(), 'default').describe('A DNS label.'),
      labels: defaulted(textMapField(), {}).describe(
        'For policies and people. Modelspine does not interpret labels.',
      ),
      annotations: defaulted(textMapField(), {}).describe(
        'For tools. Modelspine does not interpret annotations.',
      ),
    },
    { error: 'metadata with at least a name' },
  )
}

export function apiVersionSchema(): Defaulted<typeof apiVersion, typeof apiVersion> {
  return defaulted(z.literal(apiVersion), apiVersion)
}
