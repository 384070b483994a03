// Vitest keeps a hundred frames of each error, and many tests make thousands of errors. This is Node's own number.
Error.stackTraceLimit = 10
