import type { Approval, Lineage, Signature } from 'modelspine/adapter'
import { z } from 'zod'

/** The content of a version's `model.yaml` or `model.json`. Every member may be left out. */
export interface VersionFacts {
  readonly createdAt?: string | undefined
  readonly approval?: Approval | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly owner?: string | undefined
  readonly classification?: string | undefined
  readonly signature?: Signature | undefined
  readonly lineage?: Lineage | undefined
  readonly metrics?: Readonly<Record<string, number>> | undefined
  /** Default: every other file of the folder. */
  readonly files?: readonly ListedFile[] | undefined
  readonly hosted?: { readonly provider: string; readonly model: string } | undefined
}

/** A file in the version's folder, or a file at a URI. */
export type ListedFile =
  | { readonly path: string; readonly digest?: string | undefined }
  | { readonly uri: string; readonly digest?: string | undefined }

const text = z.string().min(1)
const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits')
  .optional()
const insideFolder = text.refine(
  (path) => !path.startsWith('/') && !path.split('/').includes('..'),
  'must be a path inside the folder of the version',
)
const tensors = z.array(z.strictObject({ name: text, datatype: text, shape: z.array(z.int().min(-1)) }))

export const versionFacts: z.ZodType<VersionFacts> = z
  .strictObject({
    createdAt: z.iso
      .datetime({ offset: true, error: 'must be a time such as 2026-01-31T12:00:00Z' })
      .optional(),
    approval: z.enum(['approved', 'rejected', 'pending', 'unknown']).optional(),
    tags: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).optional(),
    owner: text.optional(),
    classification: text.optional(),
    signature: z.strictObject({ inputs: tensors, outputs: tensors }).optional(),
    lineage: z
      .strictObject({
        run: text.optional(),
        datasets: z.array(text).optional(),
        parents: z.array(text).optional(),
        commit: text.optional(),
      })
      .transform((lineage) => lineage as Lineage)
      .optional(),
    metrics: z.record(z.string(), z.number()).optional(),
    files: z
      .array(
        z.union(
          [
            insideFolder.transform((path) => ({ path })),
            z.strictObject({ path: insideFolder, digest }),
            z.strictObject({ uri: text, digest }),
          ],
          'must be a path inside the folder of the version, or { path, digest }, or { uri, digest }',
        ),
      )
      .min(1, 'must list a file; leave it out for every file of the folder')
      .optional(),
    hosted: z.strictObject({ provider: text, model: text }).optional(),
  })
  .refine(({ files, hosted }) => files === undefined || hosted === undefined, {
    path: ['hosted'],
    error: 'cannot stand beside files: a version is either files or hosted',
  })
