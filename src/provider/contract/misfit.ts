/**
 * Makes the error for values or bytes of a tensor that do not fit: what there is, and what would be right. `at` is the
 * place of the value; without it, the tensor as a whole is meant.
 */
export type Misfit = (is: unknown, right: string, at?: number) => Error
