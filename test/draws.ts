/**
 * How many cases a test draws, or how often it repeats a story. `npm test` alone is content with few, so that it stays
 * quick. `.ci/run` sets MODELSPINE_DRAWS=all.
 */
export function draws(few: number, all: number): number {
  return process.env.MODELSPINE_DRAWS === 'all' ? all : few
}
