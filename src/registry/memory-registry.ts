import { type Clock, systemClock } from '../clock.ts'
import { ModelspineError, throwIfAborted } from '../errors.ts'
import { createChangeHints } from './change-hints.ts'
import type { ModelRegistry, ModelVersion, NewModelVersion } from './contract.ts'
import { latestApproved, latestApprovedAlias, refuseComputedAlias } from './latest-approved.ts'
import { nextVersionNumber } from './next-version-number.ts'
import { parseReference } from './parse-reference.ts'
import { sameArtifact } from './same-artifact.ts'

export interface MemoryRegistryOptions {
  /** This registry's name in the plane's `registries`. Default `memory`. */
  readonly name?: string
  /** The versions at the start, oldest first. */
  readonly versions?: readonly MemoryVersion[]
  readonly clock?: Clock
}

export interface MemoryVersion extends NewModelVersion {
  /** Milliseconds since the epoch. Default: the clock's time. */
  readonly createdAtMs?: number
  /** Aliases of this version. An alias that pointed to another version moves here. */
  readonly aliases?: readonly string[]
}

type StoredVersion = Omit<ModelVersion, 'registry' | 'aliases'>

/** A model's versions in the order of registration, and where its aliases point. */
interface StoredModel {
  readonly versions: Map<string, StoredVersion>
  readonly aliases: Map<string, string>
}

/**
 * A registry in memory, with every capability of the contract. It grows with each registered version and ends
 * with the process.
 */
export function memoryRegistry(options: MemoryRegistryOptions = {}): Required<Omit<ModelRegistry, 'close'>> {
  const { name: registryName = 'memory', clock = systemClock } = options
  const models = new Map<string, StoredModel>()
  const hints = createChangeHints()

  function modelOf(name: string): StoredModel {
    const model = models.get(name)
    if (model !== undefined) return model
    throw new ModelspineError('model-not-found', `registry "${registryName}" has no model "${name}"`, {
      details: { model: name },
    })
  }

  function versionOf(name: string, version: string): StoredVersion {
    const stored = modelOf(name).versions.get(version)
    if (stored !== undefined) return stored
    throw new ModelspineError('model-not-found', `model "${name}" has no version "${version}"`, {
      details: { model: name, version },
    })
  }

  function aliasTarget(name: string, alias: string): string {
    const version = modelOf(name).aliases.get(alias)
    if (version !== undefined) return version
    throw new ModelspineError('model-not-found', `model "${name}" has no alias "${alias}"`, {
      details: { model: name, alias },
    })
  }

  function published(stored: StoredVersion, registry: string): ModelVersion {
    const aliases = [...modelOf(stored.name).aliases].filter(([, version]) => version === stored.version)
    return structuredClone({ ...stored, registry, aliases: aliases.map(([alias]) => alias).sort() })
  }

  function inOrder(name: string): readonly StoredVersion[] {
    return [...modelOf(name).versions.values()].sort((one, other) => one.createdAtMs - other.createdAtMs)
  }

  function edit(name: string, version: string, change: Partial<StoredVersion>): void {
    modelOf(name).versions.set(version, { ...versionOf(name, version), ...change })
    hints.notify(name)
  }

  function add(fresh: MemoryVersion): StoredVersion {
    const { aliases: _, createdAtMs = clock.now(), ...facts } = fresh
    const model = models.get(fresh.name) ?? { versions: new Map(), aliases: new Map() }
    const version = fresh.version ?? nextVersionNumber(model.versions.keys())
    const existing = model.versions.get(version)
    if (existing !== undefined) {
      if (sameArtifact(existing.artifact, fresh.artifact)) return existing
      throw new ModelspineError(
        'conflict',
        `version "${version}" of model "${fresh.name}" is already registered with another artifact: versions never change, so register a new version`,
        { details: { model: fresh.name, version }, retryable: false },
      )
    }
    const stored = structuredClone({
      ...facts,
      version,
      createdAtMs,
      approval: fresh.approval ?? 'unknown',
      tags: fresh.tags ?? {},
    })
    models.set(fresh.name, model)
    model.versions.set(version, stored)
    hints.notify(fresh.name)
    return stored
  }

  for (const version of options.versions ?? []) {
    const stored = add(version)
    for (const alias of version.aliases ?? []) modelOf(stored.name).aliases.set(alias, stored.version)
  }

  return {
    capabilities: { aliases: 'compare-and-set', approval: true, tags: true, register: true, changes: true },

    async resolve(reference, call = {}) {
      throwIfAborted(call.abortSignal, 'resolving a model reference')
      const named = parseReference(reference)
      if ('version' in named) return published(versionOf(named.name, named.version), named.registry)
      if (named.alias === latestApprovedAlias) {
        const all = inOrder(named.name).map((stored) => published(stored, named.registry))
        return latestApproved(named.name, all)
      }
      return published(versionOf(named.name, aliasTarget(named.name, named.alias)), named.registry)
    },

    async *models(call = {}) {
      throwIfAborted(call.abortSignal, 'listing models')
      for (const name of [...models.keys()].sort()) {
        throwIfAborted(call.abortSignal, 'listing models')
        const newest = inOrder(name).at(-1)
        const owner = newest?.owner
        yield { name, tags: { ...newest?.tags }, ...(owner === undefined ? {} : { owner }) }
      }
    },

    async *versions(model, call = {}) {
      throwIfAborted(call.abortSignal, 'listing versions')
      for (const stored of inOrder(model)) {
        throwIfAborted(call.abortSignal, 'listing versions')
        yield published(versionOf(model, stored.version), registryName)
      }
    },

    async setAlias(model, alias, version, call = {}) {
      throwIfAborted(call.abortSignal, 'setting an alias')
      refuseComputedAlias(alias)
      const { aliases } = modelOf(model)
      if (version !== null) versionOf(model, version)
      const current = aliases.get(alias) ?? null
      if (call.expect !== undefined && call.expect !== current) {
        throw new ModelspineError(
          'conflict',
          `alias "${alias}" of model "${model}" points to ${current ?? 'nothing'}, not to ${call.expect ?? 'nothing'}`,
          { details: { model, alias, current, expected: call.expect } },
        )
      }
      if (version === null) aliases.delete(alias)
      else aliases.set(alias, version)
      if (version !== current) hints.notify(model)
    },

    async setApproval(model, version, approval, call = {}) {
      throwIfAborted(call.abortSignal, 'setting an approval')
      edit(model, version, { approval })
    },

    async setTags(model, version, tags, call = {}) {
      throwIfAborted(call.abortSignal, 'setting tags')
      const merged = Object.entries({ ...versionOf(model, version).tags, ...tags })
      edit(model, version, {
        tags: Object.fromEntries(merged.filter((tag): tag is [string, string] => tag[1] !== null)),
      })
    },

    async register(fresh, call = {}) {
      throwIfAborted(call.abortSignal, 'registering a version')
      return published(add(fresh), registryName)
    },

    changes: (abortSignal) => hints.listen(abortSignal),
  }
}
