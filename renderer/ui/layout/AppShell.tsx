import { GlobalOutlined, LockOutlined, LogoutOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import type { ReactNode } from 'react';
import type { Party } from '#shared/domain/people';
import { fullName, type LanguageName } from '../../i18n/format.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { useText } from '../text.ts';

export interface NavigationItem {
  readonly id: string;
  readonly label: string;
  /** Why it cannot be opened now; null: it can. */
  readonly disabledReason?: string | null;
}

export interface AppShellProps {
  /** Null while somebody reads what is on this machine and nobody can be signed in. */
  readonly self: Party | null;
  readonly items: readonly NavigationItem[];
  readonly current: string;
  readonly onNavigate: (id: string) => void;
  readonly onSignOut: () => void;
  /** Somebody reads without a session: leaving locks the copies on this machine. */
  readonly canLock?: boolean;
  readonly onLanguage: (language: LanguageName) => void;
  readonly banner?: ReactNode;
  /** Beside the language: what is at hand on every screen. */
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

/** The frame around every screen but sign-in and the consult room. */
export function AppShell(props: AppShellProps) {
  const { t, language } = useText();
  return (
    <div className="hz-shell">
      <a className="hz-skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>
        {t('nav.skip')}
      </a>
      <header className="hz-header">
        <span className="hz-brand">{t('app.name')}</span>
        <nav className="hz-nav hz-grow" aria-label={t('nav.main')}>
          {props.items.map((item) => (
            <button key={item.id} type="button" aria-current={item.id === props.current ? 'page' : undefined} aria-disabled={item.disabledReason ? true : undefined} title={item.disabledReason ?? undefined} onClick={() => (item.disabledReason ? undefined : props.onNavigate(item.id))} data-testid={`nav-${item.id}`}>
              {item.label}
            </button>
          ))}
        </nav>
        {props.tools}
        <LanguageButton onLanguage={props.onLanguage} />
        {props.self && (
          <span className="hz-row hz-self">
            <Avatar party={props.self} isDecorative />
            <span className="hz-ellipsis" data-testid="self-name">{fullName(props.self, language)}</span>
          </span>
        )}
        {props.canLock && (
          <Button icon={<LockOutlined />} onClick={props.onSignOut} data-testid="lock-copies">
            {t('nav.lock')}
          </Button>
        )}
        {props.self?.kind === 'person' && (
          <Tooltip title={t('nav.signOut')}>
            <Button type="text" icon={<LogoutOutlined />} aria-label={t('nav.signOut')} onClick={props.onSignOut} data-testid="sign-out" />
          </Tooltip>
        )}
      </header>
      <div>{props.banner}</div>
      <main id="main" className="hz-main" tabIndex={-1}>
        {props.children}
      </main>
    </div>
  );
}

/** Names the other language in its own words: whoever is lost in one finds the way out. */
export function LanguageButton({ onLanguage }: { readonly onLanguage: (language: LanguageName) => void }) {
  const { language } = useText();
  const other: LanguageName = language === 'en' ? 'zh-CN' : 'en';
  const label = other === 'en' ? 'English' : '中文';
  return (
    <Button type="text" icon={<GlobalOutlined />} lang={other} onClick={() => onLanguage(other)} data-testid="language-switch">
      {label}
    </Button>
  );
}
