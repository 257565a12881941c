/** Takes back what was scheduled; without effect once it has run. */
export type Cancel = () => void;

/** Time as a thing that can be handed in, so that a test decides when it passes. */
export interface Clock {
  /** Milliseconds since some fixed moment; never runs backwards. */
  readonly now: () => number;
  /** What the calendar says, for what others read. May jump, so never subtract two of them. */
  readonly date: () => Date;
  /** Calls back once, after the given milliseconds. */
  readonly after: (milliseconds: number, callback: () => void) => Cancel;
  /** Calls back once what is already waiting in the event loop has been dealt with. */
  readonly soon: (callback: () => void) => Cancel;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
  soon: (callback) => {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
};
