CREATE TABLE public.canaries (
    origin bigint NOT NULL,
    sequence bigint NOT NULL,
    destination bigint NOT NULL,
    sent_at double precision NOT NULL,
    cost character varying NOT NULL,
    settled boolean NOT NULL,
    message bytea,
    leaf_index bigint,
    tx_hash bytea,
    block_number bigint,
    dispatched_at double precision,
    signed_at double precision,
    outcome character varying,
    ended_at double precision,
    late_at double precision,
    late_stage character varying,
    late_detail character varying,
    alerts integer NOT NULL
);
CREATE TABLE public.censorships (
    domain bigint NOT NULL,
    operator bytea NOT NULL,
    index bigint NOT NULL,
    stage character varying NOT NULL,
    bond character varying NOT NULL
);
CREATE TABLE public.checkpoints (
    domain bigint NOT NULL,
    merkle_tree_hook bytea NOT NULL,
    validator bytea NOT NULL,
    index bigint NOT NULL,
    root bytea NOT NULL,
    message_id bytea NOT NULL,
    published boolean NOT NULL
);
CREATE TABLE public.cursors (
    domain bigint NOT NULL,
    kind character varying NOT NULL,
    next_block bigint NOT NULL
);
CREATE TABLE public.delivery_costs (
    message_id bytea NOT NULL,
    failures integer NOT NULL,
    wei character varying NOT NULL
);
CREATE TABLE public.deployments (
    domain bigint NOT NULL,
    chain_id bigint NOT NULL,
    mailbox bytea NOT NULL,
    merkle_tree_hook bytea NOT NULL,
    anchor_block bigint,
    anchor_hash bytea
);
CREATE TABLE public.gas_paid (
    message_id bytea NOT NULL,
    destination bigint NOT NULL,
    payments integer NOT NULL,
    payment character varying NOT NULL,
    gas character varying NOT NULL
);
CREATE TABLE public.insertions (
    domain bigint NOT NULL,
    leaf_index bigint NOT NULL,
    message_id bytea NOT NULL,
    block_number bigint NOT NULL
);
CREATE TABLE public.messages (
    origin bigint NOT NULL,
    nonce bigint NOT NULL,
    id bytea NOT NULL,
    raw bytea NOT NULL,
    block_number bigint NOT NULL,
    tx_hash bytea NOT NULL
);
CREATE TABLE public.observed_trees (
    domain bigint NOT NULL,
    index bigint NOT NULL,
    root bytea NOT NULL,
    block_number bigint NOT NULL
);
CREATE TABLE public.operations (
    message_id bytea NOT NULL,
    origin bigint NOT NULL,
    nonce bigint NOT NULL,
    destination bigint NOT NULL,
    state character varying NOT NULL,
    lane integer NOT NULL,
    retries integer NOT NULL,
    next_attempt double precision NOT NULL,
    reason character varying,
    detail character varying,
    batch character varying,
    tx_hash bytea,
    block_number bigint,
    gas_estimate bigint NOT NULL,
    gas_used bigint NOT NULL,
    created_at double precision NOT NULL,
    updated_at double precision NOT NULL
);
CREATE TABLE public.operator_keys (
    domain bigint NOT NULL,
    manager bytea NOT NULL,
    key bytea NOT NULL,
    operator bytea NOT NULL,
    block_number bigint NOT NULL,
    log_index bigint NOT NULL
);
CREATE TABLE public.other_trees (
    digest bytea NOT NULL,
    merkle_tree_hook bytea NOT NULL
);
CREATE TABLE public.reorgs (
    domain bigint NOT NULL,
    merkle_tree_hook bytea NOT NULL,
    validator bytea NOT NULL,
    local_merkle_root bytea NOT NULL,
    canonical_merkle_root bytea NOT NULL,
    checkpoint_index bigint NOT NULL,
    unix_timestamp bigint NOT NULL,
    reorg_period json NOT NULL
);
CREATE TABLE public.request_sizes (
    url_hash bytea NOT NULL,
    calls integer NOT NULL,
    blocks bigint NOT NULL
);
CREATE TABLE public.schema (
    version integer NOT NULL
);
CREATE SEQUENCE public.schema_version_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.schema_version_seq OWNED BY public.schema.version;
CREATE TABLE public.sightings (
    domain bigint NOT NULL,
    validator bytea NOT NULL,
    index bigint NOT NULL,
    digest bytea NOT NULL,
    root bytea NOT NULL,
    message_id bytea NOT NULL,
    signature bytea NOT NULL,
    location character varying NOT NULL,
    fault character varying,
    salt bytea,
    told boolean NOT NULL,
    settled boolean NOT NULL,
    seen_at double precision NOT NULL
);
CREATE TABLE public.transactions (
    id integer NOT NULL,
    domain bigint NOT NULL,
    sender bytea NOT NULL,
    nonce bigint NOT NULL,
    purpose character varying NOT NULL,
    live boolean NOT NULL,
    hash bytea NOT NULL,
    replaced_hashes bytea NOT NULL,
    fields json NOT NULL,
    raw bytea NOT NULL,
    sent_at double precision NOT NULL
);
CREATE SEQUENCE public.transactions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.transactions_id_seq OWNED BY public.transactions.id;
ALTER TABLE ONLY public.schema ALTER COLUMN version SET DEFAULT nextval('public.schema_version_seq'::regclass);
ALTER TABLE ONLY public.transactions ALTER COLUMN id SET DEFAULT nextval('public.transactions_id_seq'::regclass);
INSERT INTO public.canaries VALUES (2147483648, 2147483648, 2147483648, 1764000000.5, '1000000000000000000000000000000', false, '\x88944a26b6a304769208446076f9a3f3e12e8860c81bffca5315be6ab5f97995', 2147483648, '\x3de52bf8f3a7cc5f186f188984027f21b95cfe1ef277761dfad773965100dfff', 2147483648, 1764000000.5, 1764000000.5, 'outcome 0', 1764000000.5, 1764000000.5, 'late_stage 0', 'late_detail 0', 1);
INSERT INTO public.canaries VALUES (2147483649, 2147483649, 2147483649, 1764000001.5, '1000000000000000000000000000001', true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2);
INSERT INTO public.censorships VALUES (2147483648, '\xa3be403f436c6d152be4edf17c1700dbe87348db', 2147483648, 'stage 0', '1000000000000000000000000000000');
INSERT INTO public.censorships VALUES (2147483649, '\x6a3e47f10e20e82923402f898081584184826be9', 2147483649, 'stage 1', '1000000000000000000000000000001');
INSERT INTO public.checkpoints VALUES (2147483648, '\x41967646a1cf8d3c0d6326eea5538a53f4ec614f', '\x9a3291a1dd43a182a50de7c62a394721eab208c5', 2147483648, '\x00dd77dcdcbf15075daed7cff907010ee06ac1523e365f3a86e29a88219e5f7d', '\x90e69513661b863b963673c38082dd7ad2735ef2174357d1ee35ba6126845cd2', false);
INSERT INTO public.checkpoints VALUES (2147483649, '\x688c7fe3a829be805db593adb03210770c7f5043', '\x5e0560f68b2445a8e5b859a50887ef7b2419df12', 2147483649, '\x05736c2e322d5457e76b3c06ee0a06359f2ec9762b4f11f5d3a8b3a740bd40c1', '\xbcb2925b6ef7f1b9db79af2f77741898be52685e2c49561004570799ffdd83ee', true);
INSERT INTO public.cursors VALUES (2147483648, 'kind 0', 2147483648);
INSERT INTO public.cursors VALUES (2147483649, 'kind 1', 2147483649);
INSERT INTO public.delivery_costs VALUES ('\xb04523fbfac5b87d96db19b814d2817e1dbcbf5352f56766e2feac382276c66f', 1, '1000000000000000000000000000000');
INSERT INTO public.delivery_costs VALUES ('\x2db0054ebe4093c27ca3f2e1e414abd9f3c4c3f7cffc7e68623b99ad9cb2ba20', 2, '1000000000000000000000000000001');
INSERT INTO public.deployments VALUES (2147483648, 2147483648, '\x1381f01d486d45b375acd41a3862aa1830a83576', '\x41cef29c4acf89a2a3695d0f5a22d1948083295a', 2147483648, '\x7d63c47ae0eb530b922561ce0c63e592718ea05f9c8f205c554a2ef94996e986');
INSERT INTO public.deployments VALUES (2147483649, 2147483649, '\xf065c2afc1e73bbb559390a003e88eccc1dd9748', '\x44df02e0ad39e0beea595035d19c5dd0f15d8b51', NULL, NULL);
INSERT INTO public.gas_paid VALUES ('\x3c7fb9cf3bbafc6014e851113eb4db43a702717866f29ac1ec86b266fa619362', 2147483648, 1, '1000000000000000000000000000000', '1000000000000000000000000000000');
INSERT INTO public.gas_paid VALUES ('\xf2cb3689c23b67cb3b18cbcfeca9845aeef3f039b1aa68ab70d283d00d187433', 2147483649, 2, '1000000000000000000000000000001', '1000000000000000000000000000001');
INSERT INTO public.insertions VALUES (2147483648, 2147483648, '\x1b4eaf39d73007ee1c56701589a98ae295f1ff73d7f0f9e0cb5e6bbad67df0db', 2147483648);
INSERT INTO public.insertions VALUES (2147483649, 2147483649, '\xfbd219861e033a38f390cfdddbae019e396afbeb148317ab3826b50bb31c8e26', 2147483649);
INSERT INTO public.messages VALUES (2147483648, 2147483648, '\xf9077c1b75c52f765b67b6c2d80c55941e4d550b0fbca782c3bdef6d35427c27', '\xee3952d9396783022c66c0a16e95cd8ebda932ee6359c8af172caa250a03bea5', 2147483648, '\xedd98892b9d1a2ee6df6467e61046ca9a6cd93b7f92e02105c789d2527d1f6af');
INSERT INTO public.messages VALUES (2147483649, 2147483649, '\x9f08031f1ee05e3a7ed4c44497c55d937061e133274da79a79f7b4bf3afee2e2', '\x5171eb4b5ee96c8b04d2de0c7ea90b4f055be70ca5c702f0ae73e20c33e2a473', 2147483649, '\x58da86e9f450b7e8c502e4ed4f04929f1981404bee6fa2a4f0121d3612f44627');
INSERT INTO public.observed_trees VALUES (2147483648, 2147483648, '\xb41046b8c9cd1a21cb004932fe301a933428c99e66cfb147cb9fd39d23578495', 2147483648);
INSERT INTO public.observed_trees VALUES (2147483649, 2147483649, '\xc2087fdaaddec295831a6f0e91ea8d1190b4c69b662c727446e80ed6bba394ec', 2147483649);
INSERT INTO public.operations VALUES ('\x194115ccd1503d87af91a326dd571ab2460d320c2b2792c393c86bb5d144b324', 2147483648, 2147483648, 2147483648, 'state 0', 1, 1, 1764000000.5, 'reason 0', 'detail 0', 'batch 0', '\x755958d4188ec0515c4c9cc1e4bb68f4e5d9d3eacbaee1191b3523f7eab81520', 2147483648, 2147483648, 2147483648, 1764000000.5, 1764000000.5);
INSERT INTO public.operations VALUES ('\x9772cd5202aec06b1939e51de8ed07d490ecce1fcf5ba1fffe314ef3336b5602', 2147483649, 2147483649, 2147483649, 'state 1', 2, 2, 1764000001.5, NULL, NULL, NULL, NULL, NULL, 2147483649, 2147483649, 1764000001.5, 1764000001.5);
INSERT INTO public.operator_keys VALUES (2147483648, '\xa9a41f4d31e60fcf972611796c52133c74fd517f', '\x7240f2f8cdde1549114aedc3cdd9dc382df3aaab', '\x3ab5830f5fb044af4ad8fef4934fbd826f0e9798', 2147483648, 2147483648);
INSERT INTO public.operator_keys VALUES (2147483649, '\xdd3f4b0b7745cc3bd80063d0e29d8fa1eb831c97', '\x5ad57e4dd3892fc7496ee61422b9f020e398f4f7', '\xb60b96def0250a59a4c939f5529852dd411420cd', 2147483649, 2147483649);
INSERT INTO public.other_trees VALUES ('\xbc15b2c3f5f5944e80cf16fd18f9a592e6a0395616a6e9fb34689fcef32fbb8b', '\x7f416c867521a822d2fb5f711baaa24f652be894');
INSERT INTO public.other_trees VALUES ('\x8a76b4a1c608f6130ea570ca631acb524c7618787adc722fa326c6f68e3d6b2f', '\x7f1c5c3a319c00dfc3b90056b0ec54998b67ba88');
INSERT INTO public.reorgs VALUES (2147483648, '\x64dcad4a0a5d39aa2e4143623d70f68b50b257dc', '\x0a9482dd5bc7f042b2caa33ac2b68d1b9ba46bf7', '\x5575989dbcf50df1e82a5dd51ea488777db55cd98bad966edbd7e8dc384a590e', '\xba99205762cb7c2e62910b0320e0d39125b3ea1c700937f757912c8dfdefa477', 2147483648, 2147483648, '{"n": 0}');
INSERT INTO public.reorgs VALUES (2147483649, '\x142335b702b1c9525a8e082bf78147a6f4fb68e0', '\x76762c399fe8edf304f67938f7cd8dc65f8d91d0', '\x15eb45b194959a96827a0061b8b6edafaa7122962b3557f626040698d7a63aec', '\x6a51d594cbe9f615fa5fe657183254dbe99fefd3b2023516268bf4abebe7a12a', 2147483649, 2147483649, '{"n": 1}');
INSERT INTO public.request_sizes VALUES ('\x756aaa8c838942762b4508d0d747a3dbac3ff1901675693d2fed743ae0898430', 1, 2147483648);
INSERT INTO public.request_sizes VALUES ('\x3de9bb36c97b0860207ac955080649cdc7bcd1eac0a0a6df83fbdffd81e62e76', 2, 2147483649);
INSERT INTO public.schema VALUES (3);
INSERT INTO public.sightings VALUES (2147483648, '\x9fdb2d1bd1a4203fe6b77caaaf8ec88589d22216', 2147483648, '\x58ed209f6d68888ae5f73e3c7e5bdf76e878be7f65da5375ff4361161ef15fd0', '\x3a2cda51ea153803e97206a22668a44ad1b3c6fea00ff25e4ecd17c7bfe2908f', '\xb2dcab6a7d5e29a36eedf2a9857e62fbce1d2d2dd259086449ae97bcf4460f6f', '\x82e145b64160e4abbfcee620bbcd8d41deace8200ed2071dc783e8f3a487c2d8', 'location 0', 'fault 0', '\xdfc0d7cc906f05d38a52a82bf7f0c648f88f205029960d0a213c397fd0669e7a', false, false, 1764000000.5);
INSERT INTO public.sightings VALUES (2147483649, '\x860535f298580c32272751154d03779d73ad11cc', 2147483649, '\xe497b159b62a6e26e33ca897a540e437efb724c6ed2c999cba5f39156504d4cf', '\x35133c7b0f8bcf32cee614e0d3db2798157ac32982f2c88ce73d7203091da099', '\x0dead85a5f92882433b7cdffb4e5f6a43d12b09777b00dd0daca1c8fb53ec865', '\x41e920137d57afe658b0c9e97d5257ce5fc83801f6399b10b6f636246b8e7cd2', 'location 1', NULL, NULL, true, true, 1764000001.5);
INSERT INTO public.transactions VALUES (1, 2147483648, '\x77e7466797d17f57ae11c9f2bac8088c7d9911d6', 2147483648, 'purpose 0', false, '\xf66c8d2a3ac41ff2d90caa70e4e0a962257a8b4c6d4ff4f1f30cc2fe1fc2cef7', '\x736eabd13ababecb538882e32cd6411c1f6d2e118a7e4b6e2e0b7bbe77d74c3e', '{"n": 0}', '\xbef8cced4ceac442fb863756ed6bda889cc8991cc49ff6635db04ca182375ad5', 1764000000.5);
INSERT INTO public.transactions VALUES (2, 2147483649, '\x9870b3f65c7d2014bd04120aadf8457b272cbece', 2147483649, 'purpose 1', true, '\x9bed3fc5aaea97de3f6b032d423aa507e62cf9e7852899609bd090a30234a59b', '\xf09e8349ba9a43180c923d716dab202fcf6bcc02709d3a894a6f120bc67411da', '{"n": 1}', '\x3d1b1826d03e2c653aeb087e9c957c4dd6fea8c4f949b24e27811224535fe7fe', 1764000001.5);
SELECT pg_catalog.setval('public.schema_version_seq', 1, false);
SELECT pg_catalog.setval('public.transactions_id_seq', 1, false);
ALTER TABLE ONLY public.canaries
    ADD CONSTRAINT canaries_pkey PRIMARY KEY (origin, sequence);
ALTER TABLE ONLY public.censorships
    ADD CONSTRAINT censorships_pkey PRIMARY KEY (domain, operator, index);
ALTER TABLE ONLY public.checkpoints
    ADD CONSTRAINT checkpoints_pkey PRIMARY KEY (domain, merkle_tree_hook, validator, index);
ALTER TABLE ONLY public.cursors
    ADD CONSTRAINT cursors_pkey PRIMARY KEY (domain, kind);
ALTER TABLE ONLY public.delivery_costs
    ADD CONSTRAINT delivery_costs_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY public.deployments
    ADD CONSTRAINT deployments_pkey PRIMARY KEY (domain);
ALTER TABLE ONLY public.gas_paid
    ADD CONSTRAINT gas_paid_pkey PRIMARY KEY (message_id, destination);
ALTER TABLE ONLY public.insertions
    ADD CONSTRAINT insertions_pkey PRIMARY KEY (domain, leaf_index);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (origin, nonce);
ALTER TABLE ONLY public.observed_trees
    ADD CONSTRAINT observed_trees_pkey PRIMARY KEY (domain);
ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY public.operator_keys
    ADD CONSTRAINT operator_keys_pkey PRIMARY KEY (domain, manager, key);
ALTER TABLE ONLY public.other_trees
    ADD CONSTRAINT other_trees_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.reorgs
    ADD CONSTRAINT reorgs_pkey PRIMARY KEY (domain, merkle_tree_hook, validator);
ALTER TABLE ONLY public.request_sizes
    ADD CONSTRAINT request_sizes_pkey PRIMARY KEY (url_hash);
ALTER TABLE ONLY public.schema
    ADD CONSTRAINT schema_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.sightings
    ADD CONSTRAINT sightings_pkey PRIMARY KEY (domain, validator, index, digest);
ALTER TABLE ONLY public.transactions
    ADD CONSTRAINT transactions_pkey PRIMARY KEY (id);
CREATE INDEX canaries_in_flight ON public.canaries USING btree (destination);
CREATE INDEX canaries_of_day ON public.canaries USING btree (origin, sent_at);
CREATE INDEX checkpoints_to_publish ON public.checkpoints USING btree (index);
CREATE INDEX insertions_of_message ON public.insertions USING btree (domain, message_id, leaf_index);
CREATE INDEX ix_messages_id ON public.messages USING btree (id);
CREATE INDEX operations_due ON public.operations USING btree (destination, state, lane, next_attempt);
CREATE INDEX operations_sent ON public.operations USING btree (origin, nonce);
CREATE INDEX sightings_open ON public.sightings USING btree (domain);
CREATE UNIQUE INDEX transactions_one_per_nonce ON public.transactions USING btree (domain, sender, nonce) WHERE live;
CREATE UNIQUE INDEX transactions_one_per_purpose ON public.transactions USING btree (domain, purpose) WHERE live;
