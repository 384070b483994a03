import { litellmVendors, type Vendor, vendorOfName } from '../vendors.ts'

export interface VendorModel {
  /** LiteLLM's word for the vendor. Absent when the name does not tell one. */
  readonly word?: string
  readonly vendor?: Vendor
  /** What was taken away before the model's name. */
  readonly prefix?: string
  /** The model as the vendor names it. */
  readonly model: string
}

/** Parts of Bedrock's names that say which of its calls is made. */
const bedrockCalls = /^(converse|invoke)\//

/** Reads LiteLLM's name of a model: `groq/llama-3.3-70b` is the model `llama-3.3-70b` of Groq. */
export function modelOf(text: string, givenVendor?: string): VendorModel {
  const slash = text.indexOf('/')
  const first = slash < 0 ? undefined : text.slice(0, slash)
  const known = (word: string): boolean => Object.hasOwn(litellmVendors, word)
  const word = givenVendor ?? (first !== undefined && known(first) ? first : (vendorOfName(text) ?? first))
  const rest = word !== undefined && first === word ? text.slice(slash + 1) : text
  const vendor = word !== undefined && known(word) ? litellmVendors[word] : undefined
  const call = vendor?.adapter === 'bedrock' ? bedrockCalls.exec(rest)?.[0] : undefined
  const model = rest.slice(call?.length ?? 0)
  const prefix = text.slice(0, text.length - model.length)
  return {
    ...(word !== undefined && { word }),
    ...(vendor !== undefined && { vendor: spoken(vendor, model) }),
    ...(prefix !== '' && { prefix }),
    model,
  }
}

/** Vertex AI also has models of others, which do not speak Gemini. */
function spoken(vendor: Vendor, model: string): Vendor {
  if (vendor.adapter !== 'vertex' || /^(gemini|text-embedding|\d+$)/.test(model)) return vendor
  return { name: vendor.name }
}
