/** Where set-up says what it does. On stderr: stdout belongs to the command that set-up is for. */
const say = (text: string): void => {
  process.stderr.write(`setup: ${text}\n`);
};

const seconds = (milliseconds: number): string => {
  const total = milliseconds / 1000;
  return total < 60 ? `${total.toFixed(1)} s` : `${Math.floor(total / 60)} min ${Math.round(total % 60)} s`;
};

/** Says so when a step begins and ends, and every half minute in between with how long it has taken so far. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const elapsed = () => seconds(performance.now() - started);
  say(`${title} …`);
  const ticking = setInterval(() => say(`${title} … ${elapsed()}`), 30_000);
  try {
    const result = await work();
    say(`${title}: done in ${elapsed()}`);
    return result;
  } finally {
    clearInterval(ticking);
  }
}
