/** What a message carries; `type` only for listeners. */
export interface Payload {
  type?: string;
  status: string;
  sessionResults: { connectedSources: Source[]; disconnectedSources: Source[]; requestedSources: Request[] };
  currentConnections: Source[];
  requestedProviders: Request[];
}

export interface Source {
  id: string;
  name: string;
  type?: 'medical' | 'wellness';
  accountId?: string;
  connectedSince?: string;
}

export interface Request {
  name?: string;
  physician: string;
  healthSystem: string;
  address: string;
  website: string;
  location: { latitude: number; longitude: number };
}

export interface Failure {
  code?: string;
  message?: string;
}

export interface Options {
  token?: string;
  mode?: 'auth' | 'select';
  clientId?: string;
  clientUserId?: string;
  preseededSources?: unknown[];
  preseed?: boolean | string;
  inviteSessionId?: string;
  config?: string;
  segment?: string;
  pinnedProviders?: string | string[];
  language?: string;
  /** Where Connect lives; the origin this script came from when it was loaded from a Connect server. */
  baseURL?: string;
  overlayOpacity?: string | number;
  enableFocusTrap?: boolean;
  useSentinelTrap?: boolean;
  lockScroll?: boolean;
  closeOnEscape?: boolean;
  /** `message` keeps the token out of every address. */
  tokenTransport?: 'query' | 'message';
  title?: string;
  container?: HTMLElement;
  logger?: (...message: unknown[]) => void;
  onClose?: (payload: Payload) => void;
  onConnectSource?: (payload: Payload) => void;
  onDisconnectSource?: (payload: Payload) => void;
  onError?: (failure: Failure) => void;
  onOpenUrl?: (payload: { url: string }) => void;
  version?: string;
}

export interface Handle {
  close(): void;
  /** With the close message, or nothing when the page closed the widget itself. */
  closed: Promise<Partial<Payload> | undefined>;
}

export interface Events {
  open: undefined;
  ready: { type: string };
  connect: Payload;
  disconnect: Payload;
  close: Payload;
  error: Failure | string;
  'open-url': { url: string };
}

/** Opens the widget; `null` when one is open already. */
export function open(options: Options): Handle | null;
export function on<E extends keyof Events>(event: E, listener: (payload: Events[E]) => void): void;
export function on(event: string, listener: (payload: any) => void): void;
export function once<E extends keyof Events>(event: E, listener: (payload: Events[E]) => void): void;
export function once(event: string, listener: (payload: any) => void): void;
/** Removes one listener, or all of an event. */
export function off(event: string, listener?: (payload: any) => void): void;
export function close(): void;
export function isOpen(): boolean;
/** Tells, as an `error`, of elements with a token outside a container. */
export function scan(root?: ParentNode): void;
export function configure(settings: { baseURL?: string; logger?: (...message: unknown[]) => void }): void;
export const version: string;

export interface HumanConnectApi {
  open: typeof open;
  on: typeof on;
  once: typeof once;
  off: typeof off;
  close: typeof close;
  isOpen: typeof isOpen;
  scan: typeof scan;
  configure: typeof configure;
  version: string;
}
export const HumanConnect: HumanConnectApi;
export default HumanConnect;
export as namespace HumanConnect;
