import type { JsonRecord } from '../../../json.ts'
import { fieldsOf } from '../../schema-checks.ts'
import type { Ledger } from '../ledger.ts'
import type { Found } from '../provider-sketch.ts'

/** Settings of LiteLLM's router, which may stand in two sections. */
export class LitellmSettings {
  readonly #config: JsonRecord
  readonly #ledger: Ledger

  constructor(config: JsonRecord, ledger: Ledger) {
    this.#config = config
    this.#ledger = ledger
  }

  /** A setting. `router_settings` goes before `litellm_settings`, of which the other value is then left. */
  find(name: string): Found | undefined {
    const [first, second] = ['router_settings', 'litellm_settings'].flatMap((section): readonly Found[] => {
      const value = fieldsOf(this.#config[section])[name]
      return value === undefined || value === null ? [] : [{ value, path: [section, name] }]
    })
    if (second !== undefined)
      this.#ledger.leave(second.path, [`router_settings.${name} is written, too, and goes before it`])
    return first
  }

  number(name: string): { readonly value: number; readonly path: Found['path'] } | undefined {
    const found = this.find(name)
    if (found === undefined) return undefined
    if (typeof found.value === 'number' && found.value >= 0) return { value: found.value, path: found.path }
    this.#ledger.leave(found.path, ['it is no number, 0 or more'])
    return undefined
  }
}

/** Seconds, as LiteLLM writes them, from a number or a text of one. Undefined for anything else. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  const most = 366 * 86_400
  return typeof seconds === 'number' && seconds >= 0.001 && seconds <= most ? seconds : undefined
}
