import { IdSet } from '../lib/id-set.ts';
import type { Resource } from '../snapshot/resource.ts';
import { Interest, type InterestChange } from './interest.ts';
import type { NameTable } from './name-table.ts';
import type { DeltaAsk, SotwAsk } from './request.ts';
import type { Style } from './respond.ts';
import type { Subscribers } from './subscribers.ts';
import { quotedNames, splitSuspects } from './suspects.ts';

/** Names and what a response says of each: the resource, or that there is none (any more). */
export interface Batch {
  readonly ids: readonly number[];
  readonly resources: readonly (Resource | undefined)[];
}

export interface Rejection {
  readonly resource: Resource;
  /** What the client said. */
  readonly message: string;
}

/** What came of a rejected response. */
export type Verdict =
  /** The resource was alone in the response, so it is the one. */
  | { readonly found: 'guilty'; readonly rejection: Rejection }
  /** It is among several, which are sent again in parts. */
  | { readonly found: 'suspects' }
  /** There was no resource in the response, or all of it was meanwhile replaced. */
  | { readonly found: 'nothing' };

/** What a subscription reads of its surroundings: the numbers of names, and what its proxy is to have now. */
export interface Surroundings {
  readonly names: NameTable;
  readonly subscribers: Subscribers;
  readonly slot: number;
  /** What the proxy is to have by that name. */
  target(id: number): Resource | undefined;
  /** True when the proxy's resource of that name is made for it alone. */
  own(id: number): boolean;
  /** All that the proxy is to have. */
  targets(): Iterable<Resource>;
}

/**
 * One type on one stream: what the client wants, what it holds, and what it has yet to be told. The same for all
 * variants of the protocol, which differ only in how a request changes the interest and in what a response contains
 * (`respond.ts`). No I/O, no clock.
 *
 * What a client holds is not listed: by the time it has acknowledged everything it holds just what its snapshot gives,
 * so only the differences are kept. A name that is held and not in `#before` is held as the snapshot has it.
 */
export class Subscription {
  readonly interest: Interest;
  readonly style: Style;
  /** Names that the client must be told about: they changed, or it asked. */
  readonly due = new IdSet();
  /** The part of `due` that must be answered even where there is nothing to give. */
  readonly questions = new IdSet();
  /** Names of which the client holds some version. */
  readonly held = new IdSet();
  /** The response that has not been acknowledged; there is at most one, so that a slow client holds back only itself. */
  inFlight: (Batch & { readonly nonce: string }) | undefined;
  /** The nonce of the last response; `undefined` before the first. */
  lastNonce: string | undefined;
  /** The client joined the wildcard and waits for an answer, be it empty. */
  answerOwed = false;

  readonly #surroundings: Surroundings;
  /** What the client acknowledged last, for the names of which that is no longer the target. */
  readonly #before = new Map<number, Resource>();
  readonly #rejections = new Map<number, Rejection>();
  /** Groups of names out of a rejected response, to be sent again group by group. */
  #suspects: IdSet[] = [];
  /** The message of the rejection that started the suspicion, until somebody is found guilty. */
  #openRejection: string | undefined;

  constructor(style: Style, surroundings: Surroundings, legacyWildcard: boolean) {
    this.style = style;
    this.#surroundings = surroundings;
    this.interest = new Interest(legacyWildcard);
  }

  get rejections(): ReadonlyMap<number, Rejection> {
    return this.#rejections;
  }

  /** True while something is to be sent or has not been acknowledged. */
  get busy(): boolean {
    return this.inFlight !== undefined || this.due.size > 0 || this.#suspects.length > 0 || this.answerOwed;
  }

  /** The names that the next response is about: a group of suspects while there is one, else all that are due. */
  get turn(): IdSet {
    return this.#suspects[0] ?? this.due;
  }

  /** Takes in the wishes of a request. */
  ask(asks: SotwAsk | DeltaAsk): void {
    const idOf = (name: string) => this.#surroundings.names.idOf(name);
    switch (asks.variant) {
      case 'sotw':
        this.#apply(this.interest.replace(asks.names, idOf), false);
        break;
      case 'delta':
        this.#apply(this.interest.adjust(asks.subscribe, asks.unsubscribe, idOf), true);
        this.#recall(asks.initialVersions);
        break;
    }
  }

  /** What the client is to have of a name, unless it rejected just that: then what it accepted before. */
  wanted(id: number): Resource | undefined {
    const target = this.#surroundings.target(id);
    if (target !== undefined && this.#rejections.get(id)?.resource.version === target.version)
      return this.#before.get(id);
    return target;
  }

  nameOf(id: number): string {
    return this.#surroundings.names.nameOf(id);
  }

  /** The names of all that the proxy is to have. */
  *targetIds(): Generator<number> {
    for (const { name } of this.#surroundings.targets()) yield this.#surroundings.names.idOf(name);
  }

  /** True when the proxy is to have a resource of that name, rejected or not. */
  exists(id: number): boolean {
    return this.#surroundings.target(id) !== undefined;
  }

  /** True when the proxy shares the resource of that name with nobody. */
  isOwn(id: number): boolean {
    return this.#surroundings.own(id);
  }

  /** What the client acknowledged last, as far as it is known. */
  acknowledged(id: number): Resource | undefined {
    if (!this.held.has(id)) return undefined;
    return this.#before.get(id) ?? this.#surroundings.target(id);
  }

  /** True when the client holds the name in the version that is its target, and nothing more is to be said of it. */
  isSettled(id: number): boolean {
    return this.held.has(id) && !this.#before.has(id) && !this.due.has(id) && !this.isSuspect(id);
  }

  isSuspect(id: number): boolean {
    return this.#suspects.some((group) => group.has(id));
  }

  /** The target of a name is no longer what it was `before`. */
  change(id: number, before: Resource | undefined, after: Resource | undefined): void {
    if (before !== undefined && this.held.has(id) && !this.#before.has(id) && !this.due.has(id)) {
      this.#before.set(id, before);
    }
    if (this.#rejections.get(id)?.resource.version !== after?.version) this.#rejections.delete(id);
    this.#acquit(id);
    this.due.add(id);
  }

  /** The client has all that it is to have, from an earlier stream. */
  assumeHeld(): void {
    for (const id of this.targetIds()) this.held.add(id);
    this.due.clear();
    this.questions.clear();
    this.answerOwed = false;
  }

  /** Says a name once more although it did not change. */
  repeat(id: number): void {
    this.due.add(id);
  }

  /** Says once more all that the wildcard gives, be it nothing. */
  repeatAll(): void {
    if (!this.interest.wildcard) return;
    for (const id of this.targetIds()) this.due.add(id);
    this.answerOwed = this.style !== 'part';
  }

  /** The names of `turn` that need no word after all. */
  drop(ids: Iterable<number>): void {
    const turn = this.turn;
    for (const id of ids) {
      turn.delete(id);
      this.questions.delete(id);
      if (!this.exists(id)) this.settle(id, undefined);
    }
    this.#dropEmptyGroup();
  }

  /** A response with this batch goes out. */
  sent(nonce: string, batch: Batch): void {
    const turn = this.turn;
    for (const id of batch.ids) {
      turn.delete(id);
      this.questions.delete(id);
    }
    // What is left of a group of suspects has changed its place meanwhile (it is held back); it waits with the others.
    if (turn !== this.due) {
      this.due.addAll(turn);
      turn.clear();
    }
    this.#dropEmptyGroup();
    this.inFlight = { nonce, ids: batch.ids, resources: batch.resources };
    this.lastNonce = nonce;
    this.answerOwed = false;
  }

  /** The client has what the response in flight says. */
  acknowledge(): void {
    const batch = this.inFlight;
    this.inFlight = undefined;
    batch?.ids.forEach((id, index) => {
      this.settle(id, batch.resources[index]);
    });
  }

  /** The client has this, or nothing, by that name. */
  settle(id: number, resource: Resource | undefined): void {
    if (!this.interest.includes(id)) return;
    if (resource === undefined) {
      this.held.delete(id);
      this.#before.delete(id);
      return;
    }
    this.held.add(id);
    if (this.#surroundings.target(id)?.version === resource.version) this.#before.delete(id);
    else this.#before.set(id, resource);
  }

  /**
   * The client refuses the response in flight. Its good resources are refused with the bad one, so unless it was alone
   * they are sent again in parts until whoever is refused alone is found guilty. Names that the client's message quotes
   * are tried by themselves.
   */
  reject(message: string): Verdict {
    const batch = this.inFlight;
    this.inFlight = undefined;
    if (batch === undefined) return { found: 'nothing' };
    const suspects: number[] = [];
    const removals: number[] = [];
    batch.ids.forEach((id, index) => {
      const resource = batch.resources[index];
      if (resource === undefined) removals.push(id);
      else if (this.interest.includes(id) && this.wanted(id)?.version === resource.version) suspects.push(id);
    });
    // A removal cannot be the reason. It is said again without the resources; where there were none, saying it once
    // more would not help.
    for (const id of removals) {
      if (removals.length === batch.ids.length) this.settle(id, undefined);
      else if (this.interest.includes(id)) this.due.add(id);
    }
    const [first] = suspects;
    if (first === undefined) return { found: 'nothing' };
    if (suspects.length === 1 && batch.ids.length === 1) {
      const resource = this.wanted(first);
      if (resource === undefined) return { found: 'nothing' };
      const rejection = { resource, message };
      this.#rejections.set(first, rejection);
      this.due.delete(first);
      this.#openRejection = undefined;
      return { found: 'guilty', rejection };
    }
    for (const id of suspects) this.due.delete(id);
    const quoted = quotedNames(message, suspects, (id) => this.nameOf(id));
    this.#suspects = [...splitSuspects(suspects, quoted).map((group) => new IdSet(group)), ...this.#suspects];
    this.#openRejection ??= message;
    return { found: 'suspects' };
  }

  /** A rejection whose suspects have all been accepted on the second try: told once, when the last of them was. */
  takeUnexplained(): string | undefined {
    if (this.#openRejection === undefined || this.#suspects.length > 0 || this.inFlight !== undefined) return undefined;
    const message = this.#openRejection;
    this.#openRejection = undefined;
    return message;
  }

  /** Adds the ids that must keep their number. */
  collectIds(into: IdSet): void {
    into.addAll(this.interest.names);
    into.addAll(this.held);
    into.addAll(this.due);
    for (const group of this.#suspects) into.addAll(group);
    for (const id of this.inFlight?.ids ?? []) into.add(id);
    for (const id of this.#rejections.keys()) into.add(id);
    for (const id of this.#before.keys()) into.add(id);
  }

  /** Takes the subscription out of the reverse index. */
  end(): void {
    const { subscribers, slot } = this.#surroundings;
    subscribers.deleteWildcard(slot);
    for (let id = this.interest.names.next(0); id >= 0; id = this.interest.names.next(id + 1)) {
      subscribers.delete(slot, id);
    }
  }

  #apply(change: InterestChange, incremental: boolean): void {
    const { subscribers, slot } = this.#surroundings;
    if (change.wildcard === 'joined') {
      subscribers.addWildcard(slot);
      // An empty response is an answer too, without which a client waits; but not where it says nothing.
      this.repeatAll();
    }
    for (const id of change.asked) {
      subscribers.add(slot, id);
      this.due.add(id);
      this.questions.add(id);
    }
    for (const id of change.dropped) {
      subscribers.delete(slot, id);
      if (!this.interest.wildcard) {
        this.#forget(id);
      } else if (incremental) {
        // The client does not know whether the name is part of the wildcard, so "the server must send a response that
        // includes the specific resource in either the removed_resources field […] or in the resources field".
        // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#unsubscribing-from-resources
        this.due.add(id);
        this.questions.add(id);
      }
    }
    if (change.wildcard === 'left') {
      subscribers.deleteWildcard(slot);
      this.answerOwed = false;
      const known = new IdSet(this.held);
      known.addAll(this.due);
      for (const group of this.#suspects) known.addAll(group);
      for (const id of this.#rejections.keys()) known.add(id);
      for (const id of known) {
        if (!this.interest.names.has(id)) this.#forget(id);
      }
    }
  }

  /**
   * "On reconnect the Incremental xDS client may tell the server of its known resources to avoid resending them over the
   * network": what it has in the version it is to have needs no word; what it should not have is removed.
   * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
   */
  #recall(versions: DeltaAsk['initialVersions']): void {
    for (const [name, version] of versions) {
      const id = this.#surroundings.names.idOf(name);
      if (!this.interest.includes(id)) continue;
      this.held.add(id);
      this.answerOwed = false;
      if (this.#surroundings.target(id)?.version === version) {
        this.due.delete(id);
        this.questions.delete(id);
      } else {
        this.due.add(id);
      }
    }
  }

  #forget(id: number): void {
    this.held.delete(id);
    this.due.delete(id);
    this.questions.delete(id);
    this.#before.delete(id);
    this.#rejections.delete(id);
    this.#acquit(id);
  }

  /** The name is not what it was when it fell under suspicion. */
  #acquit(id: number): void {
    if (this.#suspects.length === 0) return;
    for (const group of this.#suspects) group.delete(id);
    this.#suspects = this.#suspects.filter((group) => group.size > 0);
  }

  #dropEmptyGroup(): void {
    if (this.#suspects[0]?.size === 0) this.#suspects.shift();
  }
}
