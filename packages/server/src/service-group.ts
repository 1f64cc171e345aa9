import type { Health, Service } from '@alluvium/platform';

export interface NamedService {
  readonly role: string;
  readonly service: Service;
}

/** Starts services in order and stops them in the opposite order; a failed start stops what was started. */
export class ServiceGroup implements Service {
  readonly #members: readonly NamedService[];
  #started: NamedService[] = [];

  constructor(members: readonly NamedService[]) {
    this.#members = members;
  }

  async start(): Promise<void> {
    for (const member of this.#members) {
      try {
        await member.service.start();
        this.#started.push(member);
      } catch (error) {
        await this.stop();
        throw error;
      }
    }
  }

  async stop(): Promise<void> {
    for (const member of this.#started.splice(0).reverse()) await member.service.stop();
  }

  health(): Health {
    const states = this.#members.map(({ role, service }) => ({ role, ...service.health() }));
    return {
      ready: states.every((state) => state.ready),
      detail: states.map((state) => `${state.role}: ${state.detail}`).join('; '),
    };
  }
}
