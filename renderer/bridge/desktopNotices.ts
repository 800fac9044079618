/** What is used of the Notifications API (WHATWG) and of the window. */
export interface NoticeHost {
  readonly Notification: typeof Notification | undefined;
  focus(): void;
}

/** Notices on the desktop, in the browser and in Electron's window alike; where the system has none, `unsupported`. */
export function createDesktopNotices(host: NoticeHost) {
  const { Notification: Api } = host;
  return {
    permission: (): NotificationPermission | 'unsupported' => Api?.permission ?? 'unsupported',
    async ask(): Promise<void> {
      await Api?.requestPermission();
    },
    show({ title, body, tag }: { readonly title: string; readonly body: string; readonly tag: string }, onClick: () => void): void {
      if (!Api) return;
      const notice = new Api(title, { body, tag });
      notice.onclick = () => {
        host.focus();
        notice.close();
        onClick();
      };
    },
  };
}
