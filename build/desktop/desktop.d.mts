export interface DesktopOptions {
  readonly url: string;
  readonly serverUrl: string;
  readonly profileDir: string;
  readonly kiosk?: boolean;
  readonly browserArguments?: readonly string[];
}

export interface DesktopWindow {
  readonly kind: 'electron' | 'browser';
  readonly name: string;
  readonly closed: Promise<number>;
  close(): void;
}

export function openDesktop(options: DesktopOptions): Promise<DesktopWindow>;
