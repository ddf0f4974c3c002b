/**
 * Gives what asks once for each key (a value that JSON can tell from others), also while the answer is still awaited; a
 * failure is remembered too.
 */
export function remember<Key, T>(ask: (key: Key) => Promise<T>): (key: Key) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (key) => {
    const text = JSON.stringify(key);
    const answer = answers.get(text) ?? ask(key);
    answers.set(text, answer);
    return answer;
  };
}
