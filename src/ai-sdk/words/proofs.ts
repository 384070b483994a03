import type { JSONObject, SharedV4ProviderMetadata, SharedV4ProviderOptions } from '@ai-sdk/provider'
import { isRecord, sameJson } from '../../json.ts'
import type { ReasoningPart, VendorOptions } from '../../provider/contract.ts'
import { aiSdkVendor, splitOptions } from './dialect.ts'
import { metadataOf } from './own-marks.ts'

/** A vendor's proof of the thoughts that led to a part. Only reasoning is `encrypted`. */
export type Proof = Pick<ReasoningPart, 'signature' | 'signedBy' | 'encrypted'>

interface Words {
  readonly signature?: string
  readonly encrypted?: string
}

const anthropicWords: Words = { signature: 'signature', encrypted: 'redactedData' }

/** What the models of each vendor read in prompts. */
const wordsOf: Readonly<Record<string, Words>> = {
  anthropic: anthropicWords,
  bedrock: anthropicWords,
  google: { signature: 'thoughtSignature' },
  openai: { encrypted: 'reasoningEncryptedContent' },
}

/** Names under which the AI SDK speaks of a vendor that has another name here. */
const aliases: Readonly<Record<string, string>> = {
  amazonBedrock: 'bedrock',
  'amazon-bedrock': 'bedrock',
  googleVertex: 'google',
  vertex: 'google',
}

/** Who takes what a vendor has signed. Bedrock runs Anthropic's models. */
const readers: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['anthropic', 'bedrock'],
  bedrock: ['anthropic', 'bedrock'],
}

/** The name that a vendor has here. */
export function vendorNamed(name: string): string {
  return aliases[name] ?? name
}

/** The proof of a part, from the metadata of an answer or the options of a prompt. Our own marks win. */
export function proofMarks(provided: SharedV4ProviderOptions | undefined): Proof {
  if (provided === undefined) return {}
  const { own = {}, others } = splitOptions(provided)
  const marked = proofOf({
    signature: textAt(own, 'signature'),
    signedBy: textAt(own, 'signedBy'),
    encrypted: textAt(own, 'encrypted'),
  })
  return isProof(marked) ? marked : proofOfVendor(others)
}

/** Undefined members are left out. Without a signature and a hidden thought there is nothing that was signed. */
export function proofOf(part: { readonly [Name in keyof Proof]?: Proof[Name] | undefined }): Proof {
  const { signature, signedBy, encrypted } = part
  if (signature === undefined && encrypted === undefined) return {}
  return {
    ...(signature === undefined ? {} : { signature }),
    ...(signedBy === undefined ? {} : { signedBy }),
    ...(encrypted === undefined ? {} : { encrypted }),
  }
}

export function isProof({ signature, encrypted }: Proof): boolean {
  return signature !== undefined || encrypted !== undefined
}

/** The first entry that has one. Its name is the vendor's. */
function proofOfVendor(others: SharedV4ProviderOptions | undefined): Proof {
  for (const [name, entry] of Object.entries(others ?? {})) {
    const proof = proofOf({
      signature: textAt(entry, 'signature') ?? textAt(entry, 'thoughtSignature'),
      signedBy: vendorNamed(name),
      encrypted: textAt(entry, 'redactedData') ?? textAt(entry, 'reasoningEncryptedContent'),
    })
    if (isProof(proof)) return proof
  }
  return {}
}

function textAt(entry: unknown, name: string): string | undefined {
  const value = isRecord(entry) ? entry[name] : undefined
  return typeof value === 'string' ? value : undefined
}

type Proven = Proof & { readonly options?: VendorOptions }

/**
 * The metadata of a part of an answer: the vendor's own, and our marks. They tell the proof unless the vendor's metadata
 * tell the same. `marks` are others of ours.
 */
export function provenMetadata(
  part: Proven,
  marks: Readonly<Record<string, unknown>> = {},
): { readonly providerMetadata?: SharedV4ProviderMetadata } {
  const given = part.options?.[aiSdkVendor] as SharedV4ProviderOptions | undefined
  const proof = proofOf(part)
  return metadataOf(part.options, { ...marks, ...(sameJson(proofOfVendor(given), proof) ? {} : proof) })
}

/**
 * The same for a part of a prompt. There the proof stands in the words of the vendor, too, for the models that can read
 * it. A proof that names no vendor is told to the vendor of the model, `keeper`.
 */
export function provenOptions(
  part: Proven,
  keeper: string,
  marks: Readonly<Record<string, unknown>> = {},
): { readonly providerOptions?: SharedV4ProviderOptions } {
  const { providerMetadata } = provenMetadata(part, marks)
  const entries: Record<string, JSONObject> = { ...providerMetadata }
  for (const vendor of vendorsOf(part, keeper)) {
    const entry = entryOf(part, wordsOf[vendor] ?? {})
    if (Object.keys(entry).length > 0) entries[vendor] = { ...entries[vendor], ...entry }
  }
  return Object.keys(entries).length === 0 ? {} : { providerOptions: entries }
}

/** Who can read the proof. */
function vendorsOf({ signedBy }: Proof, keeper: string): readonly string[] {
  const signer = signedBy ?? vendorNamed(keeper)
  return readers[signer] ?? [signer]
}

function entryOf({ signature, encrypted }: Proof, words: Words): JSONObject {
  return {
    ...(signature === undefined || words.signature === undefined ? {} : { [words.signature]: signature }),
    ...(encrypted === undefined || words.encrypted === undefined ? {} : { [words.encrypted]: encrypted }),
  }
}

/**
 * The proof of a part of a prompt, and what its options say besides. The proof is carried in words of ours, so that it
 * is no option that only models of the AI SDK could read. What could not be written again as it was stays.
 */
export function readProven(provided: SharedV4ProviderOptions | undefined): Proven {
  const proof = proofMarks(provided)
  const { others } = splitOptions(provided)
  if (others === undefined) return proof
  const rest: Record<string, JSONObject> = {}
  for (const [name, entry] of Object.entries(others)) {
    const written = vendorsOf(proof, name).includes(name) ? entryOf(proof, wordsOf[name] ?? {}) : {}
    const members = Object.entries(entry).filter(([member, value]) => value !== written[member])
    if (members.length > 0) rest[name] = Object.fromEntries(members) as JSONObject
  }
  return { ...proof, ...(Object.keys(rest).length === 0 ? {} : { options: { [aiSdkVendor]: rest } }) }
}
