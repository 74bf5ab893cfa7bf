// How long this gateway may speak for an account. Each command of the worker brings the deadline of its own lease; when
// that has passed, the socket ends first and everything else comes after. The deadline comes as a wall clock time of
// this machine, which both share, and is kept on the monotonic clock: a clock that jumps later on changes nothing.

export class Lease {
  #until = -Infinity;
  /** @type {NodeJS.Timeout | undefined} */ #timer;

  /** @param {number} maxMs no deadline reaches further @param {() => void} expired */
  constructor(maxMs, expired) {
    this.maxMs = maxMs;
    this.expired = expired;
  }

  /** @param {number} deadline Unix milliseconds */
  renew(deadline) {
    const remaining = Math.min(this.maxMs, deadline - Date.now());
    // Commands overtake each other: an older one does not shorten what a newer one gave.
    this.#until = Math.max(this.#until, performance.now() + remaining);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.expired(), Math.max(0, this.#until - performance.now()));
  }

  /** Asked before bytes leave: a process that was stopped and goes on has no timer to thank. */
  get isHeld() {
    return performance.now() < this.#until;
  }

  release() {
    clearTimeout(this.#timer);
    this.#until = -Infinity;
  }
}
