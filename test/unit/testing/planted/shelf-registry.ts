import { ModelspineError, throwIfAborted, unlessAborted } from '../../../../src/errors.ts'
import type {
  Approval,
  ModelRegistry,
  ModelVersion,
  RegistryCallOptions,
} from '../../../../src/registry/contract.ts'
import {
  latestApproved,
  latestApprovedAlias,
  refuseComputedAlias,
} from '../../../../src/registry/latest-approved.ts'
import { parseReference } from '../../../../src/registry/parse-reference.ts'
import type { Fixture, ModelRegistrySubject } from '../../../../src/testing/index.ts'

/** A mistake that a stranger might make. Undefined: the adapter is right. */
export type RegistryDefect =
  | 'repeats its credential in what it throws'
  | 'ignores what is expected of an alias'
  | 'lets the last write win without a word'
  | 'reads the first page of versions only'
  | 'reads the first page of models only'
  | 'drops all files but the first'
  | 'takes 429 for a model that is not there'
  | 'drops the Retry-After of 429'
  | 'takes 5xx for a model that is not there'
  | 'keeps an alias that has moved'
  | 'waits on after its abortSignal fired'
  | 'gives its own name to what an alias means'

interface ShelfVersion {
  readonly version: string
  readonly atMs: number
  readonly approval: Approval
  readonly files: readonly string[]
}

interface ShelfModel {
  readonly versions: ShelfVersion[]
  readonly aliases: Map<string, string>
}

const [pageSize, token] = [4, 'shelf-token-5e11']

/**
 * A vendor with pages of four, an alias that is written without a condition and read with a call of its own, and
 * the adapter for it, with one defect or none. To resolve, the adapter asks only for the alias that it was given.
 */
export function shelfSubject(defect?: RegistryDefect): Fixture<ModelRegistrySubject> {
  const is = (each: RegistryDefect): boolean => defect === each
  const shelf = new Map<string, ShelfModel>()
  const stale = new Map<string, string>()
  let fault: { readonly status: number; readonly retryAfterMs?: number } | undefined
  let [isDown, isRefusing, isStalled] = [false, false, false]
  let interference: (() => void) | undefined

  /** One call to the vendor. */
  async function ask<T>(read: () => T, { abortSignal }: RegistryCallOptions = {}): Promise<T> {
    if (isStalled) {
      const heard = is('waits on after its abortSignal fired') ? undefined : abortSignal
      return unlessAborted(new Promise<T>(() => {}), heard, () => new ModelspineError('aborted', 'enough'))
    }
    if (isDown) throw new ModelspineError('registry-unavailable', 'the shelf did not answer')
    if (isRefusing) {
      const shown = is('repeats its credential in what it throws') ? token : '[secret]'
      throw new ModelspineError('auth', `the shelf refuses our token: ${shown} is not valid`)
    }
    const { status, retryAfterMs } = fault ?? { status: 200 }
    fault = undefined
    if (status === 429) {
      if (is('takes 429 for a model that is not there')) throw new ModelspineError('model-not-found', '429')
      const isTold = retryAfterMs !== undefined && !is('drops the Retry-After of 429')
      throw new ModelspineError('registry-unavailable', 'too many calls', isTold ? { retryAfterMs } : {})
    }
    if (status === 500) {
      throw new ModelspineError(
        is('takes 5xx for a model that is not there') ? 'model-not-found' : 'registry-unavailable',
        'the shelf has a fault',
      )
    }
    return read()
  }

  async function pages<T>(
    read: () => readonly T[],
    isFirstOnly: boolean,
    call: RegistryCallOptions,
  ): Promise<readonly T[]> {
    const all: T[] = []
    for (let from = 0; ; from += pageSize) {
      const page = await ask(() => read().slice(from, from + pageSize), call)
      all.push(...page)
      if (page.length < pageSize || isFirstOnly) return all
    }
  }

  async function modelOf(name: string, call: RegistryCallOptions = {}): Promise<ShelfModel> {
    const model = await ask(() => shelf.get(name), call)
    if (model === undefined) throw new ModelspineError('model-not-found', `no model "${name}"`)
    return model
  }

  async function versionsOf(
    registry: string,
    name: string,
    call: RegistryCallOptions,
  ): Promise<readonly ModelVersion[]> {
    const model = await modelOf(name, call)
    const rows = await pages(() => model.versions, is('reads the first page of versions only'), call)
    return rows.map(({ version, atMs, approval, files }) => ({
      registry,
      name,
      version,
      approval,
      artifact: {
        kind: 'files',
        files: (is('drops all files but the first') ? files.slice(0, 1) : files).map((uri) => ({ uri })),
      },
      aliases: [...model.aliases].flatMap(([alias, of]) => (of === version ? [alias] : [])),
      tags: {},
      createdAtMs: atMs,
    }))
  }

  const registry: ModelRegistry = {
    capabilities: {
      aliases: 'last-write-wins',
      approval: false,
      tags: false,
      register: false,
      changes: false,
    },
    async resolve(reference, call: RegistryCallOptions = {}) {
      throwIfAborted(call.abortSignal, 'resolve')
      const wanted = parseReference(reference)
      const versions = await versionsOf(reference.registry, wanted.name, call)
      const isLatest = 'alias' in wanted && wanted.alias === latestApprovedAlias
      if (isLatest) return { ...(await latestApproved(wanted.name, versions)), aliases: [] }
      const { aliases } = await modelOf(wanted.name, call)
      const of = (alias: string): string | undefined =>
        (is('keeps an alias that has moved') ? stale.get(alias) : undefined) ?? aliases.get(alias)
      const version = 'version' in wanted ? wanted.version : await ask(() => of(wanted.alias), call)
      if ('alias' in wanted && version !== undefined) stale.set(wanted.alias, version)
      const found = versions.find((each) => each.version === version)
      if (found === undefined) throw new ModelspineError('model-not-found', 'no such version or alias')
      const isMisnamed = 'alias' in wanted && is('gives its own name to what an alias means')
      const named = isMisnamed ? { registry: 'shelf' } : {}
      return { ...found, ...named, aliases: 'alias' in wanted ? [wanted.alias] : [] }
    },
    async *models(call: RegistryCallOptions = {}) {
      throwIfAborted(call.abortSignal, 'models')
      const names = await pages(() => [...shelf.keys()], is('reads the first page of models only'), call)
      for (const name of names) yield { name, tags: {} }
    },
    async *versions(model, call: RegistryCallOptions = {}) {
      throwIfAborted(call.abortSignal, 'versions')
      yield* await versionsOf('shelf', model, call)
    },
    async setAlias(model, alias, version, { expect } = {}) {
      refuseComputedAlias(alias)
      const { aliases, versions } = await modelOf(model)
      if (version !== null && !versions.some((each) => each.version === version)) {
        throw new ModelspineError('model-not-found', `no version "${version}"`)
      }
      const current = await ask(() => aliases.get(alias) ?? null)
      if (expect !== undefined && expect !== current && !is('ignores what is expected of an alias')) {
        throw new ModelspineError('conflict', `${alias} is ${current}, not ${expect}`)
      }
      await ask(() => {
        if (version === null) aliases.delete(alias)
        else aliases.set(alias, version)
        interference?.()
        interference = undefined
      })
      if (is('lets the last write win without a word')) return
      const standing = await ask(() => aliases.get(alias) ?? null)
      if (standing !== version) throw new ModelspineError('conflict', `${alias} is ${standing} now`)
    },
  }

  return {
    subject: {
      registry,
      pageSize,
      patienceMs: 100,
      credential: token,
      async seed({ name, versions }) {
        const model: ShelfModel = shelf.get(name) ?? { versions: [], aliases: new Map() }
        shelf.set(name, model)
        const seeded = versions.map(({ approval, aliases = [], files = 1 }): ShelfVersion => {
          const number = model.versions.length + 1
          const uris = Array.from({ length: files }, (_, place) => `s3://shelf/${name}/${number}/${place}`)
          const made = { version: `v${number}`, atMs: number * 1000, approval, files: uris }
          model.versions.push(made)
          for (const alias of aliases) model.aliases.set(alias, made.version)
          return made
        })
        return {
          name,
          versions: seeded.map(({ version }) => version),
          artifacts: seeded.map(({ files }) => ({ kind: 'files', files: files.map((uri) => ({ uri })) })),
        }
      },
      disconnect() {
        isDown = true
      },
      stall() {
        isStalled = true
      },
      unauthorize() {
        isRefusing = true
      },
      faultNext() {
        fault = { status: 500 }
      },
      throttleNext(retryAfterMs) {
        fault = { status: 429, retryAfterMs }
      },
      interfere(model, alias, version) {
        interference = () => void shelf.get(model)?.aliases.set(alias, version)
      },
    },
  }
}
