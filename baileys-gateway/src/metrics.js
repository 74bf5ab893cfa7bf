// Counters since the start, and gauges that are asked when somebody looks. Numbers only; no account, no person.

class Metrics {
  /** @type {Record<string, number>} */ #counters = {};
  /** @type {Record<string, () => number>} */ #gauges = {};

  /** @param {string} name @param {number} [by] */
  count(name, by = 1) {
    this.#counters[name] = (this.#counters[name] ?? 0) + by;
  }

  /** @param {string} name @param {() => number} read */
  gauge(name, read) {
    this.#gauges[name] = read;
  }

  toJSON() {
    const gauges = Object.fromEntries(Object.entries(this.#gauges).map(([name, read]) => [name, read()]));
    return { uptimeSeconds: Math.round(process.uptime()), memoryBytes: process.memoryUsage.rss(), ...gauges, ...this.#counters };
  }
}

export const metrics = new Metrics();
