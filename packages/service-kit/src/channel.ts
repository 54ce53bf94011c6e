/** Something many may want to hear: each listener is told in the order in which they came. */
export interface Channel<Message> {
  readonly publish: (message: Message) => void;
  readonly subscribe: (listener: (message: Message) => void) => void;
}

export function createChannel<Message>(): Channel<Message> {
  const listeners: ((message: Message) => void)[] = [];
  return {
    publish: (message) => {
      for (const listener of listeners) listener(message);
    },
    subscribe: (listener) => {
      listeners.push(listener);
    },
  };
}
