/** What was taken, to be given back in the opposite order. */
export interface ReleaseStack {
  /** Adds what gives the latest one back. */
  push(release: () => void): void;
  /**
   * Gives everything back, also what comes after a failure. Harmless when it was done already.
   *
   * @throws The first failure.
   */
  release(): void;
  /**
   * Gives everything back after a failure, which says more than what fails now: that is not told.
   */
  abandon(): void;
}

/** Makes an empty stack. */
export function releaseStack(): ReleaseStack {
  const stack: (() => void)[] = [];

  function releaseAll(): readonly unknown[] {
    const failures: unknown[] = [];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      try {
        next();
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    return failures;
  }

  return {
    push: (release) => void stack.push(release),
    release() {
      const failures = releaseAll();
      if (failures.length > 0) throw failures[0];
    },
    abandon: () => void releaseAll(),
  };
}
