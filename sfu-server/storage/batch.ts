class Question<V> {
  resolve: (value: V | null) => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;
  readonly answer = new Promise<V | null>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/**
 * Looks keys up many at a time: what is asked for within the gathering time, or while a look-up is under way, goes together into the
 * next one. A thousand questions at once cost a handful of look-ups, and each look-up begins after the questions it answers.
 */
export class Batch<V> {
  readonly #load: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>;
  readonly #gather: (look: () => void) => void;
  readonly #limit: number;
  readonly #waiting = new Map<string, Question<V>>();
  #isBusy = false;

  /**
   * @param load answers those keys it knows; its rejection is that of every question in the look-up
   * @param gather calls its argument once, when enough time for others to ask has passed
   * @param limit the most keys in one look-up
   */
  constructor(load: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>, gather: (look: () => void) => void, limit = 200) {
    this.#load = load;
    this.#gather = gather;
    this.#limit = limit;
  }

  /** What is known of a key; null when nothing is. */
  get(key: string): Promise<V | null> {
    let question = this.#waiting.get(key);
    if (!question) {
      question = new Question();
      this.#waiting.set(key, question);
    }
    this.#loadSoon();
    return question.answer;
  }

  #loadSoon(): void {
    if (this.#isBusy || this.#waiting.size === 0) return;
    this.#isBusy = true;
    this.#gather(() => this.#loadNow());
  }

  #loadNow(): void {
    const questions = new Map([...this.#waiting].slice(0, this.#limit));
    for (const key of questions.keys()) this.#waiting.delete(key);
    const goOn = () => {
      this.#isBusy = false;
      this.#loadSoon();
    };
    this.#load([...questions.keys()]).then(
      (found) => {
        for (const [key, question] of questions) question.resolve(found.get(key) ?? null);
        goOn();
      },
      (error: unknown) => {
        for (const question of questions.values()) question.reject(error);
        goOn();
      },
    );
  }
}
