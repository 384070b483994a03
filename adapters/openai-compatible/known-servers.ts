import type { ServerQuirks } from './server-quirks.ts'

/**
 * Servers that are known by name, as of 2026-12-01. The adapter's page says which of them were checked against what. Newer
 * versions may take more: spread an entry and change it.
 */
export const knownServers: Readonly<Record<KnownServer, ServerQuirks>> = {
  vllm: {
    extensions: ['top_k', 'reasoning_content'],
    lacks: ['parallelToolCalls', 'endUser', 'imageDetail', 'customTools'],
    responses: true,
  },
  // Its parts for audio have a form of their own.
  sglang: {
    maxTokensField: 'max_tokens',
    extensions: ['top_k', 'reasoning_content'],
    lacks: ['endUser', 'customTools', 'audio', 'files'],
  },
  // It reads a tool by its name as `auto`. Its responses ignore `text.format`, and their streams do not number items.
  'llama.cpp': {
    maxTokensField: 'max_tokens',
    extensions: ['top_k', 'reasoning_content'],
    lacks: ['choices', 'endUser', 'imageDetail', 'namedTools', 'customTools', 'names', 'files'],
  },
  ollama: {
    maxTokensField: 'max_tokens',
    lacks: [
      'choices',
      'endUser',
      'parallelToolCalls',
      'toolChoice',
      'customTools',
      'strictTools',
      'imageAddresses',
      'imageDetail',
      'audio',
      'files',
      'developer',
    ],
  },
  'lm-studio': {
    maxTokensField: 'max_tokens',
    extensions: ['top_k'],
    lacks: ['choices', 'endUser', 'parallelToolCalls', 'customTools', 'jsonMode', 'audio', 'files'],
    responses: true,
  },
  // It makes another penalty of `presence_penalty`, and takes schemas in a form of its own.
  tgi: {
    maxTokensField: 'max_tokens',
    schema: 'none',
    lacks: [
      'choices',
      'endUser',
      'presencePenalty',
      'reasoningEffort',
      'parallelToolCalls',
      'customTools',
      'strictTools',
      'jsonMode',
      'imageDetail',
      'audio',
      'files',
      'developer',
    ],
  },
  groq: {
    lacks: ['choices', 'names', 'customTools', 'audio', 'files', 'developer'],
    responses: true,
  },
  together: {
    maxTokensField: 'max_tokens',
    extensions: ['top_k'],
    lacks: [
      'endUser',
      'parallelToolCalls',
      'customTools',
      'strictTools',
      'imageDetail',
      'files',
      'developer',
    ],
  },
  // Its parts for audio and files have forms of their own.
  mistral: {
    maxTokensField: 'max_tokens',
    seedField: 'random_seed',
    streamUsage: 'always',
    extensions: ['top_k'],
    lacks: ['endUser', 'names', 'customTools', 'developer', 'audio', 'files'],
  },
  deepseek: {
    maxTokensField: 'max_tokens',
    extensions: ['reasoning_content'],
    schema: 'none',
    lacks: [
      'choices',
      'seed',
      'endUser',
      'parallelToolCalls',
      'customTools',
      // Only below another base URL, `/beta`.
      'strictTools',
      'images',
      'audio',
      'files',
      'developer',
    ],
  },
  openrouter: {
    extensions: ['top_k', 'cache_control', 'reasoning_details'],
    lacks: ['choices', 'customTools'],
    responses: true,
  },
}

export type KnownServer =
  | 'vllm'
  | 'sglang'
  | 'llama.cpp'
  | 'ollama'
  | 'lm-studio'
  | 'tgi'
  | 'groq'
  | 'together'
  | 'mistral'
  | 'deepseek'
  | 'openrouter'
