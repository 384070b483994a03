/** The longest delay of a timer. Node fires a timer with a longer delay at once. */
export const furthestTimerMs: number = 2 ** 31 - 1
