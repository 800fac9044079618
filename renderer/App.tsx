import { FolderOpenOutlined } from '@ant-design/icons';
import { Button, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import type { i18n } from 'i18next';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { I18nextProvider } from 'react-i18next';
import { useStore } from 'zustand';
import { drop } from '#shared/lib/drop';
import { ConsultControl, ConsultControlBanner, LastStop } from './AppControl.tsx';
import { ConsultImaging, ConsultImagingSide } from './AppImaging.tsx';
import { CasesScreen, ConsultCase, fetchCaseScreens } from './AppCases.tsx';
import { Notices, RequestsScreen } from './AppRequests.tsx';
import { ScheduleScreen } from './AppSchedule.tsx';
import { ConsultMinutes, OpinionOf } from './AppOpinions.tsx';
import { RecordsWaiting } from './AppReplay.tsx';
import type { Program } from './composition.ts';
import { Restoring, SignIn } from './features/signIn/SignIn.tsx';
import { Worklist } from './features/worklist/Worklist.tsx';
import { clockTime, fullName } from './i18n/format.ts';
import type { Screen } from './state/navigationModel.ts';
import { viewOfRole } from './state/requests/requestListModel.ts';
import { AppShell, type NavigationItem } from './ui/layout/AppShell.tsx';
import { ErrorBoundary } from './ui/parts/ErrorBoundary.tsx';
import { ClockContext, useText } from './ui/text.ts';
import { antdTheme } from './ui/theme/antdTheme.ts';

// What not everybody opens each day is fetched when it is opened: the start stays short.
const fetchConsult = () => import('./features/consult/ConsultScreen.tsx');
const ConsultScreen = lazy(() => fetchConsult().then((module) => ({ default: module.ConsultScreen })));
const Admin = lazy(() => import('./features/admin/Admin.tsx'));
const Indicators = lazy(() => import('./features/indicators/Indicators.tsx'));
const Settings = lazy(() => import('./features/settings/Settings.tsx'));
const DeviceCheck = lazy(() => import('./features/deviceCheck/DeviceCheck.tsx'));

/** Providers around the screens: texts, theme, clock. Language and theme change at once, without a reload. */
export function App({ program, i18n }: { readonly program: Program; readonly i18n: i18n }) {
  const language = useStore(program.settings.store, (s) => s.language);
  const chosenTheme = useStore(program.settings.store, (s) => s.theme);
  const isInConsult = useStore(program.navigation.store, (s) => s.screen.name === 'consult');
  const isSignedIn = useStore(program.session.store, (s) => s.phase === 'signedIn');
  // Pictures are judged in the dark: a light theme waits outside the room.
  const theme = isInConsult && isSignedIn && chosenTheme === 'light' ? 'dark' : chosenTheme;
  const hasMotion = useMemo(() => !matchMedia('(prefers-reduced-motion: reduce)').matches, []);
  useMemo(() => void i18n.changeLanguage(language), [i18n, language]);
  useMemo(() => {
    document.documentElement.dataset['theme'] = theme;
    document.documentElement.lang = language;
  }, [theme, language]);

  return (
    <I18nextProvider i18n={i18n}>
      <ConfigProvider theme={antdTheme(theme, hasMotion)} locale={language === 'en' ? enUS : zhCN} button={{ autoInsertSpace: false }} wave={{ disabled: true }}>
        <ClockContext value={program.clock}>
          <ErrorBoundary onError={(error) => program.log(error.message, 'view')}>
            <Door program={program} isCart={theme === 'cart'} />
          </ErrorBoundary>
          <ErrorBoundary onError={(error) => program.log(error.message, 'stop')}>
            <LastStop program={program} />
          </ErrorBoundary>
        </ClockContext>
      </ConfigProvider>
    </I18nextProvider>
  );
}

/** Nobody, somebody in a consult, or somebody elsewhere. */
function Door({ program, isCart }: { readonly program: Program; readonly isCart: boolean }) {
  const { session, navigation, consult, devices, cases } = program;
  const phase = useStore(session.store, (s) => s.phase);
  const self = useStore(session.store, (s) => s.self);
  const link = useStore(session.store, (s) => s.link);
  const error = useStore(session.store, (s) => s.error);
  const cartId = useStore(program.settings.store, (s) => s.settings.cartId);
  const screen = useStore(navigation.store, (s) => s.screen);
  const [isReading, setReading] = useState(false);
  const { t } = useText();
  useEffect(() => {
    document.title = t('app.name');
  }, [t]);

  const isSignedIn = phase === 'signedIn' && self !== null;
  // The room is not part of the start, and nobody waits for it at its door.
  useEffect(() => {
    if (isSignedIn) drop(fetchConsult(), 'joining fetches it again, and says so when it cannot');
  }, [isSignedIn]);
  // Whoever was signed in here, or a cart that lives here, may read what is here; whoever was turned away may not.
  const isCartWaiting = cartId !== null && (phase === 'working' || (phase === 'signedOut' && error?.category === 'network'));
  // A tab that was closed forgets its session: then the passphrase says who may read, and an account does when there is a server.
  const isServerAway = useStore(session.store, (s) => s.isServerAway);
  const [isBehindPassphrase, setBehindPassphrase] = useState(false);
  useEffect(() => {
    if (isServerAway) drop(cases.files.isBehindPassphrase().then(setBehindPassphrase), 'a database that does not open offers nothing to read');
  }, [isServerAway, cases]);
  const isTurnedAway = error !== null && error.category !== 'network';
  const isByPassphrase = cartId === null && isBehindPassphrase && phase === 'signedOut' && !isTurnedAway;
  const mayRead = phase === 'restoring' || isCartWaiting || isByPassphrase;
  const isLost = phase === 'signedOut' && !isCartWaiting && !isByPassphrase;
  useEffect(() => {
    if (isSignedIn || isLost) setReading(false);
  }, [isSignedIn, isLost]);
  // A cart tries again and again: what it offers meanwhile does not come and go with each try.
  const hasFailed = phase === 'signedOut' && error?.category === 'network';
  const [isCartAlone, setCartAlone] = useState(false);
  useEffect(() => {
    if (hasFailed) setCartAlone(true);
    else if (isSignedIn || isLost) setCartAlone(false);
  }, [hasFailed, isSignedIn, isLost]);
  const openOffline = () => {
    cases.files.start(null);
    if (screen.name !== 'case') navigation.go({ name: 'cases' });
    setReading(true);
  };
  const offer = <OpenOffline onOpen={openOffline} />;

  if (!isSignedIn && !(isReading && mayRead)) {
    if (phase === 'restoring') return <Restoring isOnline={link.isOnline} onRetry={session.retryNow} offer={offer} />;
    return <SignIn session={session} settings={program.settings} asksForServer={program.asksForServer} offer={(isCartWaiting && isCartAlone) || (isByPassphrase && isServerAway) ? offer : null} />;
  }
  if (screen.name === 'consult' && isSignedIn) {
    return (
      <Suspense fallback={<p role="status">{t('common.loading')}</p>}>
        <ConsultScreen
          key={screen.consultId}
          model={consult}
          devices={devices}
          consultId={screen.consultId}
          isCart={isCart}
          casePanel={session.has('case.read') ? <ConsultCase program={program} consultId={screen.consultId} /> : null}
          imaging={session.has('images.read') ? { stage: <ConsultImaging program={program} consultId={screen.consultId} hasSide={isCart} />, panel: <ConsultImagingSide program={program} />, sharing: program.imaging.sharing.store, onClosed: program.imaging.sharing.close } : null}
          control={{ stage: <ConsultControl program={program} />, banner: (onOpen) => <ConsultControlBanner program={program} onOpen={onOpen} />, store: program.control.store }}
          minutesPanel={session.has('consult.join') ? <ConsultMinutes program={program} consultId={screen.consultId} /> : null}
          backTo={screen.from?.name ?? 'worklist'}
          onBack={() => navigation.go(screen.from ?? { name: 'worklist' })}
        />
      </Suspense>
    );
  }
  // One place for both, so that what is open and half typed stays when the session comes.
  const leave = () => {
    if (isSignedIn) return navigation.leaving(session.signOut);
    cases.files.stop();
    setReading(false);
  };
  return <Inside program={program} screen={screen.name === 'consult' || (!isSignedIn && screen.name !== 'case') ? { name: 'cases' } : screen} isCart={isCart} onSignIn={isByPassphrase ? () => setReading(false) : null} onLeave={leave} />;
}

/** The way to what is on this machine while nobody can be signed in. */
function OpenOffline({ onOpen }: { readonly onOpen: () => void }) {
  const { t } = useText();
  useEffect(fetchCaseScreens, []);
  return (
    <Button type="primary" size="large" icon={<FolderOpenOutlined />} onClick={onOpen} data-testid="open-offline">
      {t('offline.openCases')}
    </Button>
  );
}

interface InsideProps {
  readonly program: Program;
  readonly screen: Exclude<Screen, { name: 'consult' }>;
  readonly isCart: boolean;
  /** For somebody who reads without a session that will not come by itself; null: it will, or it is there. */
  readonly onSignIn: (() => void) | null;
  readonly onLeave: () => void;
}

function Inside({ program, screen, isCart, onSignIn, onLeave }: InsideProps) {
  const { session, navigation, settings, worklist, devices } = program;
  const { t } = useText();
  const self = useStore(session.store, (s) => s.self);
  const link = useStore(session.store, (s) => s.link);
  const hasWorklist = session.has('worklist.read');
  const hasAdmin = session.has('people.administer') || session.has('carts.administer') || session.has('audit.read');
  const hasRequests = self?.kind === 'person' && session.has('request.read');
  const hasCases = self === null || session.has('case.read');
  const hasSchedule = self !== null && session.has('schedule.own');
  const hasIndicators = session.has('indicators.read');
  const items: readonly NavigationItem[] = [
    ...(hasWorklist || self === null ? [{ id: 'worklist', label: t('nav.worklist'), disabledReason: self === null ? t('offline.worklistReason') : null }] : []),
    ...(hasRequests && self ? [{ id: 'requests', label: t(`nav.requests.${self.role === 'approver' ? 'approver' : viewOfRole(self.role)}`) }] : []),
    ...(hasCases ? [{ id: 'cases', label: t('nav.cases') }] : []),
    ...(hasSchedule ? [{ id: 'calendar', label: t('nav.calendar') }, { id: 'roster', label: t('nav.roster') }] : []),
    ...(hasIndicators ? [{ id: 'indicators', label: t('nav.indicators') }] : []),
    ...(hasAdmin ? [{ id: 'admin', label: t('nav.admin') }] : []),
    ...(self === null ? [] : [{ id: 'settings', label: t('nav.settings') }]),
  ];
  const shown = whereTo(screen, { hasWorklist, hasAdmin, hasCases, hasRequests, hasSchedule, hasIndicators });

  return (
    <AppShell
      self={self}
      items={items}
      current={shown.name === 'deviceCheck' ? 'worklist' : shown.name === 'opinion' && shown.isOfRequest ? 'requests' : shown.name === 'case' || shown.name === 'opinion' ? 'cases' : shown.name === 'rehearsal' ? 'calendar' : shown.name}
      onNavigate={(id) => navigation.go(id === 'requests' ? { name: id, requestId: null } : id === 'admin' || id === 'settings' || id === 'cases' || id === 'calendar' || id === 'roster' || id === 'indicators' ? { name: id } : { name: 'worklist' })}
      onSignOut={onLeave}
      canLock={onSignIn !== null}
      onLanguage={settings.setLanguage}
      tools={hasRequests ? <Notices program={program} /> : null}
      banner={<><UnkeptBanner program={program} /><RecordsWaiting program={program} />{link.isOnline && self !== null ? null : <OfflineBanner program={program} isCases={shown.name === 'cases' || shown.name === 'case'} isRequests={shown.name === 'requests'} onSignIn={onSignIn} />}</>}
    >
      <ErrorBoundary key={shown.name} onError={(error) => program.log(error.message, shown.name)}>
        <Suspense fallback={<p role="status">{t('common.loading')}</p>}>
          {shown.name === 'worklist' && (
            <Worklist
              model={worklist}
              isOnline={link.isOnline}
              canJoin={session.has('consult.join')}
              onJoin={(consultId) => navigation.go({ name: 'consult', consultId })}
              onCheck={(consultId) => navigation.go({ name: 'deviceCheck', consultId })}
            />
          )}
          {shown.name === 'deviceCheck' && self && (
            <DeviceCheck
              model={devices}
              role={self.role}
              onBack={() => navigation.go({ name: 'worklist' })}
              onJoin={shown.consultId === null ? null : () => (shown.consultId === null ? undefined : navigation.go({ name: 'consult', consultId: shown.consultId }))}
            />
          )}
          {(shown.name === 'cases' || shown.name === 'case') && <CasesScreen program={program} caseId={shown.name === 'case' ? shown.caseId : null} startAt={shown.name === 'case' ? shown.kind : undefined} isCart={isCart} />}
          {shown.name === 'requests' && self && <RequestsScreen program={program} self={self} requestId={shown.requestId} isCart={isCart} />}
          {self && <ScheduleScreen program={program} screen={shown} self={self} isOnline={link.isOnline} />}
          {shown.name === 'opinion' && self && <OpinionOf program={program} opinionId={shown.opinionId} isOfRequest={shown.isOfRequest} self={self} />}
          {shown.name === 'indicators' && <Indicators model={program.indicators} />}
          {shown.name === 'admin' && self && <Admin model={program.admin} systems={program.systems} serverUrl={program.serverUrl()} selfId={self.id} canPeople={session.has('people.administer')} canOrganisations={session.has('organisations.administer')} canCarts={session.has('carts.administer')} canSystems={session.has('systems.administer')} canAudit={session.has('audit.read')} />}
          {shown.name === 'settings' && self && (
            <Settings
              settings={settings}
              account={program.account}
              devices={devices}
              self={self}
              bridge={program.bridge}
              serverUrl={program.serverUrl()}
              serverVersion={session.store.getState().serverVersion}
            />
          )}
        </Suspense>
      </ErrorBoundary>
    </AppShell>
  );
}

/** [OFF11] Whose text is in memory only, on every screen until the disk takes it. */
function UnkeptBanner({ program }: { readonly program: Program }) {
  const { t, language } = useText();
  const { file, ofImages } = program.cases;
  const texts = useStore(file.unkept, (s) => s.notes);
  const marks = useStore(ofImages.unkept, (s) => s.notes);
  const notes = [...texts, ...marks];
  const [first] = notes;
  if (first === undefined) return null;
  const names = [...new Map(notes.map(({ author }) => [author.id, fullName(author, language)])).values()].join(t('common.listComma'));
  return (
    <div className="hz-banner" role="alert" data-testid="unkept-notes">
      <span className="hz-grow">{t('notes.unkept', { count: notes.length, names, reason: t(`error.${first.error.code}`) })}</span>
      <Button
        onClick={() => {
          file.retryUnkept();
          ofImages.retryUnkept();
        }}
      >{t('common.retry')}</Button>
    </div>
  );
}

/** What of the present screen is old, and that what is written is kept. */
function OfflineBanner({ program, isCases, isRequests, onSignIn }: { readonly program: Program; readonly isCases: boolean; readonly isRequests: boolean; readonly onSignIn: (() => void) | null }) {
  const { t, language } = useText();
  const listMs = useStore(program.worklist.store, (s) => s.asOfMs);
  const requestsMs = useStore(program.requests.list.store, (s) => s.asOfMs);
  const casesMs = useStore(program.cases.files.store, (s) => s.asOfMs);
  const unsent = useStore(program.cases.files.store, (s) => s.unsentTotal);
  const isServerAway = useStore(program.session.store, (s) => s.isServerAway);
  const time = (ms: number) => clockTime(ms, program.clock.wallMs(), language);
  if (onSignIn && !isServerAway) {
    return (
      <div className="hz-banner" role="status" data-testid="offline-banner">
        <span className="hz-grow">
          {t('offline.serverBack')} {unsent > 0 && t('cases.unsent', { count: unsent })}
        </span>
        <Button type="primary" onClick={onSignIn} data-testid="offline-sign-in">
          {t('signIn.submit')}
        </Button>
      </div>
    );
  }
  const text = isCases ? (casesMs === null ? t('offline.noCases') : t('offline.cases', { time: time(casesMs) })) : isRequests ? (requestsMs === null ? t('offline.noList') : t('requests.old', { time: time(requestsMs) })) : listMs === null ? t('offline.noList') : t('offline.banner', { time: time(listMs) });
  return (
    <div className="hz-banner" role="status" data-testid="offline-banner">
      {text} {isCases && unsent > 0 && t('cases.unsent', { count: unsent })}
    </div>
  );
}

/** An auditor has no list: their first screen is the log. What somebody may not see leads to what they may. */
function whereTo(screen: Exclude<Screen, { name: 'consult' }>, may: { readonly hasWorklist: boolean; readonly hasAdmin: boolean; readonly hasCases: boolean; readonly hasRequests: boolean; readonly hasSchedule: boolean; readonly hasIndicators: boolean }): Exclude<Screen, { name: 'consult' }> {
  if (screen.name === 'indicators' && !may.hasIndicators) return { name: 'worklist' };
  if ((screen.name === 'cases' || screen.name === 'case' || screen.name === 'opinion') && !may.hasCases) return { name: may.hasWorklist || !may.hasAdmin ? 'worklist' : 'admin' };
  if (screen.name === 'requests' && !may.hasRequests) return { name: may.hasWorklist || !may.hasAdmin ? 'worklist' : 'admin' };
  if ((screen.name === 'calendar' || screen.name === 'roster') && !may.hasSchedule) return { name: 'worklist' };
  if (screen.name === 'worklist' && !may.hasWorklist && may.hasAdmin) return { name: 'admin' };
  return screen.name === 'admin' && !may.hasAdmin ? { name: 'worklist' } : screen;
}
