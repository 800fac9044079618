/**
 * The law of arrows between rooms, and the one home of each big library. A new arrow is a change of this file, in its own commit,
 * with its reason.
 */
const own = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });
const home = (library, room) => own(`${library.replace(/[^a-z]/g, '-')}-has-one-home`, { path: '^(electron|renderer|sfu-server|shared)/', pathNot: room }, { path: `node_modules/(${library})(/|$)`, dependencyTypesNot: ['type-only'] }, `${library} lives in ${room}`);

module.exports = {
  forbidden: [
    own('no-cycles', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }, 'a cycle has no order of construction'),
    own('shared-knows-nobody', { path: '^shared/' }, { path: '^(electron|renderer|sfu-server|build|test)/|node_modules/(?!zod)' }, 'shared is what all sides agree on; zod is its only dependency'),
    own('shared-lib-is-lowest', { path: '^shared/lib/' }, { path: '^shared/(?!lib/)' }, 'no domain word in lib'),
    own('shared-domain-below-protocol', { path: '^shared/domain/' }, { path: '^shared/(protocol|host)/' }, 'protocol, host → domain → lib'),
    own('renderer-alone', { path: '^renderer/' }, { path: '^(electron|sfu-server|build|test)/' }, 'the page meets the others by contracts'),
    own('electron-alone', { path: '^electron/' }, { path: '^(renderer|sfu-server|build|test)/' }, 'the desktop meets the others by contracts'),
    own('server-alone', { path: '^sfu-server/' }, { path: '^(electron|renderer|build|test)/' }, 'the server meets the others by contracts'),
    own('build-alone', { path: '^build/' }, { path: '^(electron|renderer|sfu-server|shared|test)/' }, 'the launchers start programs, they do not import them'),
    own('services-do-not-meet', { path: '^renderer/services/([^/]+)/' }, { path: '^renderer/services/([^/]+)/', pathNot: '^renderer/services/$1/' }, 'services meet in main and state'),
    own('services-below-state', { path: '^renderer/(services|storage|bridge)/' }, { path: '^renderer/(state|features|ui|i18n)/' }, 'never upward'),
    own('state-below-features', { path: '^renderer/state/' }, { path: '^renderer/(features|ui|i18n)/|node_modules/(react|react-dom|antd)/' }, 'no React in state'),
    own('ui-knows-no-feature', { path: '^renderer/(ui|i18n)/' }, { path: '^renderer/(features|services|storage|bridge)/' }, 'ui is below features'),
    own('features-do-not-meet', { path: '^renderer/features/([^/]+)/' }, { path: '^renderer/features/([^/]+)/', pathNot: '^renderer/features/$1/' }, 'features never import each other'),
    own('host-without-electron', { path: '^electron/(host|loopback)/' }, { path: '^electron/(shell|preload)/|node_modules/electron/' }, 'the host is plain Node'),
    own('preload-is-thin', { path: '^electron/preload/' }, { path: '^electron/(?!preload/)' }, 'contract types and electron only'),
    own('rooms-below-signaling', { path: '^sfu-server/(rooms|media|cases|opinions|storage|auth)/' }, { path: '^sfu-server/(signaling|http)/' }, 'main → http, signaling → rooms → media → storage; http, signaling → cases, opinions → storage'),
    own('cases-know-records-only', { path: '^sfu-server/cases/' }, { path: '^sfu-server/(rooms|media|demo|observability)/' }, 'case files are read and written without a consult under way'),
    own('rooms-know-no-cases', { path: '^sfu-server/(rooms|media|auth)/' }, { path: '^sfu-server/cases/' }, 'a consult is held without its case file'),
    own('opinions-know-cases-only', { path: '^sfu-server/opinions/' }, { path: '^sfu-server/(rooms|media|demo|observability)/' }, 'an opinion is written and signed without a consult under way'),
    own('nobody-below-knows-opinions', { path: '^sfu-server/(rooms|media|cases|auth|storage)/' }, { path: '^sfu-server/opinions/' }, 'opinions stand on cases, accounts and records'),
    own('verify-stands-alone', { path: '^sfu-server/opinions/(verify|pdf|signing)/' }, { path: '^sfu-server/(storage/(?!auditChain)|cases|auth/(?!random))' }, 'a file is checked without a server or a database'),
    own('media-below-rooms', { path: '^sfu-server/media/' }, { path: '^sfu-server/(rooms|storage|auth)/' }, 'media knows workers and transports, no people'),
    own('storage-is-lowest', { path: '^sfu-server/storage/' }, { path: '^sfu-server/(rooms|media|auth|cases|demo)/' }, 'storage knows records'),
    own('no-development-packages', { path: '^(electron|renderer|sfu-server|shared)/' }, { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/electron/|node_modules/@types/' }, 'what ships is a dependency'),
    home('mediasoup-client', '^renderer/services/media/'),
    home('mediasoup', '^sfu-server/(media|main)'),
    home('dexie', '^renderer/storage/'),
    home('socket.io-client', '^renderer/services/signaling/'),
    home('socket.io', '^sfu-server/signaling/'),
    home('kysely', '^sfu-server/storage/'),
    home('yjs', '^(sfu-server|renderer/services)/cases/'),
    home('pdf-lib|@pdf-lib|subset-font|pkijs|asn1js|@peculiar|sm-crypto-v2|uqr', '^sfu-server/opinions/'),
    home('fastify|@fastify', '^sfu-server/http/'),
    home('@tiptap|uplot', '^renderer/features/caseFile/'),
    home('react|react-dom', '^renderer/(features|ui|main|App|i18n)'),
    home('electron', '^electron/(shell|preload)/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
