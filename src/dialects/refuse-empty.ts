import type { Carriage } from './carriage.ts'

/** Refuses a conversation in which nothing is left to say, as every vendor would. `written` is what would be sent of it. */
export function refuseEmpty(written: readonly unknown[], carriage: Carriage): void {
  if (written.length > 0) return
  carriage.refuse('messages', 'a conversation in which nothing is left to say', 'add a message')
}
