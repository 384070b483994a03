/** Node fires a timer that is set further ahead at once. */
export const furthestTimerMs: number = 2 ** 31 - 1
