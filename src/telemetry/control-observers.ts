import { messageOf } from '../errors.ts'
import type { ControlObserver } from './contract.ts'
import type { Logger } from './logger.ts'

/**
 * All observers of the control side together. The group never throws. It logs the first failure and then one
 * in every thousand.
 */
export function groupControlObservers(
  observers: readonly ControlObserver[],
  logger: Logger,
): Required<ControlObserver> {
  let failures = 0
  const tell =
    <Name extends keyof ControlObserver>(name: Name) =>
    (...told: Parameters<Required<ControlObserver>[Name]>): void => {
      for (const observer of observers) {
        try {
          ;(observer[name] as ((...told: readonly unknown[]) => void) | undefined)?.apply(observer, told)
        } catch (error) {
          failures += 1
          if (failures % 1000 === 1) {
            logger.error({ failures, error: messageOf(error) }, 'a control observer threw an error')
          }
        }
      }
    }
  return {
    joined: tell('joined'),
    reconciled: tell('reconciled'),
    phaseSeen: tell('phaseSeen'),
    decided: tell('decided'),
    effectSent: tell('effectSent'),
    signalCame: tell('signalCame'),
  }
}
