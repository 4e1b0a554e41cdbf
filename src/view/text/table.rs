//! The table: a key, the English sentence, the Chinese sentence.

macro_rules! texts {
    ($($key:ident: $english:literal / $chinese:literal;)*) => {
        /// A visible text, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Text { $($key),* }

        impl Text {
            /// All texts.
            pub const ALL: &[Text] = &[$(Text::$key),*];

            /// The English and the Chinese sentence.
            pub fn pair(self) -> (&'static str, &'static str) {
                match self { $(Text::$key => ($english, $chinese)),* }
            }
        }
    };
}

texts! {
    // The top bar.
    SetupOrders: "three brokers, one topic" / "三个 Broker，一个主题";
    SetupDigits: "handwritten digits, {workers} workers" / "手写数字，{workers} 个工作者";
    SetupAiData: "a first message on ai_data" / "ai_data 上的第一条消息";
    Sandbox: "Sandbox" / "沙盒";
    Cluster: "Cluster" / "集群";
    Training: "Training" / "训练";
    Views: "Views" / "视图";
    OtherLanguage: "中文" / "EN";
    ThemeToDark: "Dark theme" / "深色主题";
    ThemeToLight: "Light theme" / "浅色主题";

    // The board.
    BoardLabel: "Cluster board: partitions by column, brokers and groups by row" / "集群面板：每列一个分区，每行一个 Broker 或消费组";
    TopicPicker: "Topic" / "主题";
    TopicSummary: "{partitions} {partitions:partition|partitions} · {copies} {copies:copy|copies} each · min.insync.replicas {min}" / "{partitions} 个分区 · 每个 {copies} 副本 · min.insync.replicas {min}";
    NoTopic: "No topic yet. The cluster is starting." / "还没有主题，集群正在启动。";
    Controllers: "Controllers" / "控制器";
    ControllerLabel: "controller {id}, {role}, epoch {epoch}" / "控制器 {id}，{role}，epoch {epoch}";
    QuorumLeader: "active" / "活跃";
    QuorumFollower: "standby" / "备用";
    QuorumCandidate: "asks for votes" / "正在拉票";
    QuorumUnattached: "knows no leader" / "不知道 leader";
    Epoch: "epoch {epoch}" / "epoch {epoch}";
    Batch: "batch" / "批次";
    BatchLabel: "{count} {count:record|records} waiting for {partition}" / "{partition} 有 {count} 条记录等待发送";
    ProducerAcks: "acks={acks}" / "acks={acks}";
    ProducerRate: "acks={acks} · {rate} rec/s" / "acks={acks} · {rate} 条/秒";
    PartitionLabel: "{partition}, leader {leader}, epoch {epoch}, in sync {isr}" / "{partition}，leader {leader}，epoch {epoch}，ISR {isr}";
    PartitionOfflineLabel: "{partition}, no leader, epoch {epoch}, in sync {isr}" / "{partition}，没有 leader，epoch {epoch}，ISR {isr}";
    Offline: "no leader" / "没有 leader";
    Broker: "Broker {id}" / "Broker {id}";
    Leads: "leads {partitions}" / "领导 {partitions}";
    FollowsOnly: "follows only" / "仅作 follower";
    LeaderChip: "Leader · epoch {epoch}" / "Leader · epoch {epoch}";
    Follower: "follower" / "follower";
    OutOfSync: "out of sync" / "未同步";
    WasLeader: "was leader" / "原 Leader";
    CellLeader: "{partition} on broker {broker}: leader, epoch {epoch}, log end {end}, high watermark {hw}" / "{partition} 在 Broker {broker}：leader，epoch {epoch}，日志末端 {end}，高水位 {hw}";
    CellFollower: "{partition} on broker {broker}: follower, in sync, {behind} behind, log end {end}" / "{partition} 在 Broker {broker}：follower，同步，落后 {behind}，日志末端 {end}";
    CellOutOfSync: "{partition} on broker {broker}: follower, out of sync, {behind} behind, log end {end}" / "{partition} 在 Broker {broker}：follower，未同步，落后 {behind}，日志末端 {end}";
    CellStopped: "{partition} on broker {broker}: stopped, log ends at {end}" / "{partition} 在 Broker {broker}：已停止，日志末端 {end}";
    CellEmpty: "{partition}: no replica on broker {broker}" / "{partition}：Broker {broker} 上没有副本";
    Running: "running" / "运行中";
    Starting: "starting" / "启动中";
    Fenced: "fenced" / "已隔离";
    Stopping: "shutting down" / "正在关闭";
    Paused: "paused" / "已暂停";
    Stopped: "stopped" / "已停止";
    Seconds: "{seconds} s" / "{seconds} 秒";
    BrokerLabel: "Broker {id}, {state}, leads {count} of {total}" / "Broker {id}，{state}，领导 {total} 个分区中的 {count} 个";
    Crash: "Crash" / "宕机";
    CrashBroker: "Crash broker {id}" / "让 Broker {id} 宕机";
    Restart: "Restart" / "重启";
    RestartBroker: "Restart broker {id}" / "重启 Broker {id}";
    PauseBroker: "Pause broker {id}" / "暂停 Broker {id}";
    ResumeBroker: "Resume broker {id}" / "恢复 Broker {id}";
    Resume: "Resume" / "恢复";
    GroupSub: "{lag} · {state} · gen {generation}" / "{lag} · {state} · 第 {generation} 代";
    GroupSubShort: "{lag} · {state}" / "{lag} · {state}";
    Lag: "lag {lag}" / "积压 {lag}";
    LagWord: "lag" / "积压";
    StateNoCoordinator: "no coordinator" / "没有协调者";
    StateEmpty: "Empty" / "空";
    StatePreparing: "PreparingRebalance" / "准备重平衡";
    StateCompleting: "CompletingRebalance" / "完成重平衡";
    StateStable: "Stable" / "稳定";
    StateDead: "Dead" / "已消亡";
    GroupLabel: "{group}, lag {lag}, {state}, generation {generation}" / "{group}，积压 {lag}，{state}，第 {generation} 代";
    LaneLabel: "{consumer} reads {partition} at {position}, committed {committed}, lag {lag}" / "{consumer} 读 {partition} 到 {position}，已提交 {committed}，积压 {lag}";
    LaneFree: "{partition} has no reader in {group}" / "{group} 中没有成员读 {partition}";
    LegendCommitted: "committed record" / "已提交记录";
    LegendUncommitted: "not yet committed" / "尚未提交";
    LegendFollower: "follower’s copy" / "follower 的副本";
    LegendHighWatermark: "HW: consumers read up to here" / "HW（高水位）：消费者最多读到这里";
    LegendLogEnd: "log end (LEO): next offset to write" / "LEO：下一个写入位移";
    LegendDoomed: "never acknowledged, will be cut off" / "从未确认，将被截断";
    Partitions: "Partitions" / "分区";

    // The side panel.
    Promises: "Promises" / "可靠性承诺";
    UnderThisConfiguration: "under this configuration" / "当前配置下";
    PromiseNoLoss: "No acknowledged record is lost" / "已确认的记录不会丢失";
    PromiseStoredOnce: "Each send is stored once" / "每次发送只存一份";
    PromiseOrder: "Order kept within a partition" / "分区内保持顺序";
    PromiseCommittedOnly: "Reads show committed records only" / "消费者只看到已提交记录";
    PromiseContinue: "Writes continue if one broker stops" / "一个 Broker 停机仍可写入";
    PromiseProcessedOnce: "Each record processed once" / "每条记录恰好处理一次";
    Holds: "holds" / "成立";
    NoSpare: "no spare" / "没有余量";
    NotPromised: "not promised" / "未承诺";
    Broken: "broken" / "已违反";
    Checked: "{count} {count:check|checks}" / "检查 {count} 次";
    Anomalies: "{count} {count:case|cases} seen, as this setting allows" / "出现 {count} 次，此配置允许";
    Events: "Events" / "事件";
    NoEvents: "Nothing has happened yet." / "还没有发生任何事。";
    GoToEvent: "Go to {time}" / "跳到 {time}";
    Close: "Close" / "关闭";
    Charts: "Charts" / "图表";
    Panels: "Panels" / "面板";

    // Events in plain words.
    ControllerElected: "Controller **{controller}** is elected, epoch {epoch}" / "控制器 **{controller}** 当选，epoch {epoch}";
    ControllerResigned: "Controller **{controller}** gives up leadership, epoch {epoch}" / "控制器 **{controller}** 放弃领导，epoch {epoch}";
    BrokerUnfenced: "**Broker {broker}** is unfenced: it may lead" / "**Broker {broker}** 解除隔离：可以当 leader";
    BrokerShuttingDown: "**Broker {broker}** asks to shut down; its leaders move first" / "**Broker {broker}** 请求关闭；先移走它的 leader";
    ProcessExited: "**{node}** has stopped in order" / "**{node}** 已正常停止";
    UnflushedLost: "Broker {broker} lost {records} {records:record|records} of **{partition}** that were not on disk" / "Broker {broker} 丢失 **{partition}** 的 {records} 条尚未刷盘的记录";
    TopicCreated: "Topic **{topic}** created, {partitions} {partitions:partition|partitions}" / "创建主题 **{topic}**，{partitions} 个分区";
    TopicDeleted: "Topic **{topic}** deleted" / "删除主题 **{topic}**";
    IsrShrunk: "Broker {brokers} leaves the ISR of **{partitions}**" / "Broker {brokers} 退出 **{partitions}** 的 ISR";
    IsrExpanded: "Broker {brokers} joins the ISR of **{partitions}**" / "Broker {brokers} 加入 **{partitions}** 的 ISR";
    LeaderUnclean: "**{partition}** gets an unclean leader: {to}, epoch {epoch}; acknowledged records may be gone" / "**{partition}** 进行了 unclean 选举：{to}，epoch {epoch}；已确认的记录可能丢失";
    GroupEmpty: "**{group}** has no members" / "**{group}** 没有成员了";
    MemberExpired: "**{member}** is removed from **{group}**: no heartbeat for session.timeout.ms" / "**{member}** 被移出 **{group}**：超过 session.timeout.ms 没有心跳";
    SendFailed: "**{client}** gives up {records} {records:record|records} for {partition}: {error}" / "**{client}** 放弃写入 {partition} 的 {records} 条记录：{error}";
    LinkCut: "The link from {from} to {to} is cut" / "{from} 到 {to} 的链路被切断";
    LinkHealed: "The link from {from} to {to} is back" / "{from} 到 {to} 的链路恢复";
    Evaluated: "Epoch {epoch}: {accuracy} of the test digits are recognised" / "第 {epoch} 轮：测试数字识别率 {accuracy}";
    BrokerFenced: "**Broker {broker}** is fenced: no heartbeat for broker.session.timeout.ms" / "**Broker {broker}** 被隔离：超过 broker.session.timeout.ms 没有心跳";
    LeaderMoved: "**{partition}** leader {from} → {to}, epoch {epoch}" / "**{partition}** 的 leader {from} → {to}，epoch {epoch}";
    LeaderFound: "**{partition}** has a leader again: {to}, epoch {epoch}" / "**{partition}** 重新有了 leader：{to}，epoch {epoch}";
    PartitionWentOffline: "**{partition}** has no leader: no replica that is in sync runs" / "**{partition}** 没有 leader：没有同步的副本在运行";
    LogTruncated: "Broker {broker} cuts **{partition}** back from {from} to {to}: those records were never committed" / "Broker {broker} 把 **{partition}** 从 {from} 截断到 {to}：这些记录从未提交";
    GroupStable: "**{group}** generation {generation}: {members} {members:member divides|members divide} the partitions" / "**{group}** 第 {generation} 代：{members} 个成员分摊分区";
    GroupRebalances: "**{group}** rebalances" / "**{group}** 开始重平衡";
    MemberRemoved: "**{member}** leaves **{group}**" / "**{member}** 离开 **{group}**";
    ActKilled: "You crashed **{node}**" / "你让 **{node}** 宕机";
    ActPoweredOff: "You cut the power of **{node}**" / "你切断了 **{node}** 的电源";
    ActStopped: "You stopped **{node}** in order" / "你正常关闭了 **{node}**";
    ActPaused: "You paused **{node}**" / "你暂停了 **{node}**";
    ActResumed: "You resumed **{node}**" / "你恢复了 **{node}**";
    ActWiped: "You wiped the disk of **{node}**" / "你清空了 **{node}** 的磁盘";
    ActStarted: "You started **{node}**" / "你启动了 **{node}**";
    NodeBroker: "broker {id}" / "Broker {id}";
    NodeController: "controller {id}" / "控制器 {id}";
    PromiseBroke: "**Promise broken:** {promise}" / "**承诺被违反：**{promise}";
    AnomalySeen: "Not promised, and it happened: {promise}" / "未承诺，且发生了：{promise}";
    EventCount: "{count} {count:event|events} from {time}" / "{time} 起 {count} 个事件";

    LinkSlowed: "The link from {from} to {to} takes {latency} ms" / "{from} 到 {to} 的链路延迟变为 {latency} 毫秒";
    LinkUnslowed: "The link from {from} to {to} is as fast as before" / "{from} 到 {to} 的链路延迟恢复";
    LinkReset: "The connections between {from} and {to} were reset" / "{from} 与 {to} 之间的连接被重置";

    // What can be done.
    OfferKill: "Crash (SIGKILL)" / "宕机（SIGKILL）";
    OfferStop: "Stop in order (SIGTERM)" / "正常关闭（SIGTERM）";
    OfferPause: "Pause (SIGSTOP)" / "暂停（SIGSTOP）";
    OfferResume: "Resume (SIGCONT)" / "恢复（SIGCONT）";
    OfferPower: "Cut the power" / "断电";
    OfferStart: "Start" / "启动";
    OfferWipe: "Wipe the disk" / "清空磁盘";
    AddMember: "Add a member" / "增加成员";
    AddProducer: "Add a producer like it" / "再加一个这样的生产者";
    CommitNow: "Commit now" / "立即提交位移";
    DeleteTopic: "Delete {topic}" / "删除 {topic}";
    TopicActions: "Act on topics" / "操作主题";
    LinkIsCut: "{a} – {b} cut" / "{a} – {b} 已切断";
    LinkIsSlow: "{a} – {b} {latency} ms" / "{a} – {b} {latency} 毫秒";
    RestoreLink: "Restore the link" / "恢复链路";
    Members: "Members" / "成员";
    FormLinks: "Links" / "链路";
    FormRate: "Rate" / "速率";
    FormConfig: "Configuration" / "配置";
    FormRecord: "Send a record" / "发送一条记录";
    FormTopic: "New topic" / "新建主题";
    FieldPeer: "to" / "对端";
    FieldLatency: "latency, ms" / "延迟（毫秒）";
    FieldRate: "records / s" / "条 / 秒";
    FieldConfig: "config" / "配置项";
    FieldValue: "value" / "值";
    FieldKey: "key" / "key";
    FieldRecord: "value" / "value";
    FieldName: "name" / "名称";
    FieldPartitions: "partitions" / "分区数";
    FieldCopies: "replication factor" / "副本数";
    SubmitSet: "Set" / "设置";
    SubmitCut: "Cut" / "切断";
    SubmitHeal: "Heal" / "恢复";
    SubmitSlow: "Slow down" / "减速";
    SubmitReset: "Reset" / "重置连接";
    SubmitSend: "Send" / "发送";
    SubmitCreate: "Create" / "创建";
    NotANumber: "Not a number." / "不是数字。";
    OwnValue: "{name} (changed)" / "{name}（已修改）";
    ActAdded: "You started one more client like **{node}**" / "你又启动了一个与 **{node}** 相同的客户端";
    ActCommit: "**{node}** commits its positions" / "**{node}** 提交它的位移";
    ActRate: "**{node}** sends {rate} records a second" / "**{node}** 每秒发送 {rate} 条记录";
    AskedConfig: "**{of}**: {name}={value}" / "**{of}**：{name}={value}";
    AskedSend: "One record for **{topic}**" / "向 **{topic}** 发送一条记录";
    AskedCreate: "Create topic **{topic}**" / "创建主题 **{topic}**";
    AskedDelete: "Delete topic **{topic}**" / "删除主题 **{topic}**";
    OutcomeDone: "done" / "完成";
    OutcomeWaiting: "waiting for the cluster" / "等待集群应答";
    OutcomeStored: "stored in partition {partition} at offset {offset}" / "已写入分区 {partition}，位移 {offset}";
    OutcomeImpossible: "not possible now" / "现在无法执行";
    Undo: "Undo: go back" / "撤销：回到之前";
    SameCommand: "The same on a real cluster" / "在真实集群上的等价命令";

    // Other futures, and the proof that the run repeats.
    Run: "Run" / "本次运行";
    RunLine: "Run {letter}, seed {seed}" / "运行 {letter}，种子 {seed}";
    WorldHash: "world hash {hash}" / "世界哈希 {hash}";
    Verify: "Verify" / "校验";
    VerifyRunning: "repeating: {percent} %" / "正在重放：{percent} %";
    VerifySame: "repeated to {time}: the same hash" / "重放到 {time}：哈希一致";
    VerifyDifferent: "repeated to {time}: another hash" / "重放到 {time}：哈希不一致";
    BranchLine: "{letter} parts at {fork}, known to {end}" / "{letter} 在 {fork} 分叉，已知到 {end}";
    SwitchTo: "Switch to {letter}" / "切换到 {letter}";
    CompareWith: "Compare with {letter}" / "与 {letter} 比较";
    Comparison: "Side by side" / "并排比较";
    AtTime: "{letter} at {time}" / "{letter}，{time}";
    FigureCommitted: "records committed" / "已提交记录";
    FigureAcknowledged: "acknowledged" / "已确认";
    FigureFailed: "given up" / "放弃发送";
    FigureConsumed: "read" / "已读取";
    FigureTruncated: "cut off" / "被截断";
    FigureElections: "leaders elected" / "leader 选举";
    FigureRebalances: "rebalances" / "重平衡";

    // The narrator.
    NarrateStarting: "The cluster is starting: the controllers elect a leader, the brokers register." / "集群正在启动：控制器选举 leader，Broker 注册。";
    NarrateCalm: "{producer} writes to each column’s leader; the other brokers copy it. **Broker {broker} leads {partition}.** What if it dies?" / "{producer} 写入每一列的 Leader，其他 Broker 复制它。**Broker {broker} 是 {partition} 的 Leader。**它宕机会怎样？";
    NarrateQuiet: "Each column has one leader; the other brokers copy what is written to it. **Broker {broker} leads {partition}.** What if it dies?" / "每一列有一个 Leader，其他 Broker 复制写入它的记录。**Broker {broker} 是 {partition} 的 Leader。**它宕机会怎样？";
    NarrateNotNoticed: "**Broker {broker} is down.** The controller has not noticed: it waits {timeout} s for a heartbeat, and until then acks=all has to wait too." / "**Broker {broker} 已停机。**控制器还没有发现：它等心跳 {timeout} 秒，在此之前 acks=all 也只能等待。";
    NarrateMoved: "**Broker {to} now leads {partition} (epoch {epoch}).** The cluster goes on with the replicas that are left." / "**现在 Broker {to} 是 {partition} 的 Leader（epoch {epoch}）。**集群用剩下的副本继续工作。";
    NarrateNoted: "**Broker {broker} is fenced.** It is out of every ISR; the cluster goes on with the replicas that are left." / "**Broker {broker} 已被隔离。**它已退出所有 ISR；集群用剩下的副本继续工作。";
    NarrateCatchingUp: "**Broker {broker} is back** and copies what it missed; it joins the ISR when it is level." / "**Broker {broker} 回来了**，正在补齐缺失的记录；追平后重新加入 ISR。";
    NarratePaused: "**Broker {broker} is paused.** Its connections stay open, but it answers nobody." / "**Broker {broker} 已暂停。**连接还在，但它不回应任何人。";
    NarrateOffline: "**{partition} has no leader.** Every replica in its ISR is down: nothing can be written or read until one returns." / "**{partition} 没有 leader。**ISR 中的副本都已停机：在其中一个回来之前，既不能写也不能读。";
    NarrateNoController: "**There is no active controller.** Writes go on, but no leader can change." / "**没有活跃的控制器。**写入继续，但 leader 无法变更。";
    NarrateBroken: "**A promise was broken:** {promise}. Seed {seed}, time {time}." / "**承诺被违反：**{promise}。种子 {seed}，时间 {time}。";

    // The walk on ai_data.
    WalkCreate: "**1 of 3, a topic.** kafka-topics.sh --create --topic ai_data --partitions 4 --replication-factor 1" / "**第 1 步，共 3 步：主题。**kafka-topics.sh --create --topic ai_data --partitions 4 --replication-factor 1";
    WalkPublish: "**2 of 3, a message.** ai_data has 4 partitions with one copy each. echo '[a text and its label, as JSON]' | kafka-console-producer.sh --topic ai_data" / "**第 2 步，共 3 步：消息。**ai_data 有 4 个分区，各一份副本。echo '[文本与标签，JSON]' | kafka-console-producer.sh --topic ai_data";
    WalkSubscribe: "**3 of 3, a subscriber.** The message is record {offset} of partition {partition}. kafka-console-consumer.sh --topic ai_data --group ai_readers --from-beginning" / "**第 3 步，共 3 步：订阅。**消息是分区 {partition} 的第 {offset} 号记录。kafka-console-consumer.sh --topic ai_data --group ai_readers --from-beginning";
    WalkWaiting: "The command is on its way: every hop takes 150 ms on this network." / "命令正在路上：此网络每一跳 150 毫秒。";
    WalkPrinted: "**The subscriber prints:** {line}" / "**订阅者打印：**{line}";
    WalkCreateButton: "Create the topic" / "创建主题";
    WalkPublishButton: "Publish the message" / "发布消息";
    WalkSubscribeButton: "Subscribe and print" / "订阅并打印";

    // The dock.
    RecordsPerSecond: "Records / s" / "记录 / 秒";
    InAndOut: "— in  ┄ out to {group}" / "— 写入  ┄ {group} 读出";
    InOnly: "written" / "写入";
    InNow: "in {rate}" / "写入 {rate}";
    OutNow: "out {rate}" / "读出 {rate}";
    LagOf: "Lag, {group}" / "积压，{group}";
    RecordsPerPartition: "records, per partition" / "条，按分区";
    LagAll: "all {lag}" / "合计 {lag}";
    UnderReplicated: "Under-replicated" / "副本不足";
    PartitionsOf: "partitions, of {count}" / "分区，共 {count}";
    ChartChoice: "Chart" / "图表选择";
    ChartAuto: "Automatic" / "自动";
    ChartTable: "Table" / "表格";
    ExportCsv: "Save as CSV" / "存为 CSV";
    ExportPng: "Save as PNG" / "存为 PNG";
    MetricBytes: "Bytes / s" / "字节 / 秒";
    MetricLag: "Lag" / "积压";
    MetricDrain: "Time to drain" / "追平所需时间";
    MetricPartitions: "Partitions in trouble" / "异常分区";
    MetricIsr: "ISR changes / s" / "ISR 变更 / 秒";
    MetricLatency: "Produce latency, ms" / "写入延迟，毫秒";
    MetricRebalances: "Rebalances" / "重平衡次数";
    MetricElections: "Leader elections" / "Leader 选举";
    MetricErrors: "Lost to failures" / "故障损失";
    Timeline: "Timeline" / "时间线";
    DragToRewind: "drag to rewind" / "拖动以回放";
    Now: "now" / "现在";
    KnownTo: "known to {time}" / "已知到 {time}";
    Time: "Time" / "时间";
    ToStart: "To the start" / "回到开始";
    StepBack: "Step back" / "后退一步";
    Step: "Step" / "前进一步";
    Play: "Play" / "播放";
    Pause: "Pause" / "暂停";
    NextEvent: "Next event" / "下一事件";
    PreviousEvent: "Previous event" / "上一事件";
    Auto: "Auto" / "自动";
    AutoLong: "Auto pace: slow where something happens, fast where all wait" / "自动节奏：有事发生时放慢，只在等待时加快";
    StepFilter: "A step stops at" / "每步停在";
    FilterAll: "every message" / "每条消息";
    FilterProtocol: "every change" / "每次变化";
    FilterMilestones: "milestones" / "里程碑";
    Speed: "Speed" / "速度";
    SpeedBehind: "asked {asked}, running {achieved}" / "要求 {asked}，实际 {achieved}";
    Clock: "Virtual time {time}" / "虚拟时间 {time}";

    // The Training tab.
    TrainStarting: "**{workers} trainers, one consumer group.** The digits are being published to digits-train." / "**{workers} 个训练者，一个消费组。**手写数字正在写入 digits-train。";
    TrainRunning: "**{workers} trainers, one consumer group.** Each computes gradients on the records of its own partitions; the average is version {version}." / "**{workers} 个训练者，一个消费组。**每个只在自己分区的记录上求梯度；平均后的参数是第 {version} 版。";
    TrainFinished: "**Trained: {accuracy} of the test digits are recognised.** {records} records in {seconds} simulated seconds." / "**训练完成：测试数字识别率 {accuracy}。**{seconds} 模拟秒内处理 {records} 条记录。";
    TrainMemberDown: "**{worker} is down, and the group has not noticed.** Its partitions wait until session.timeout.ms (6 s) is over. Trained twice so far: {count}." / "**{worker} 已停机，消费组尚未察觉。**它的分区要等 session.timeout.ms（6 秒）过去。目前重复训练：{count}。";
    TrainTakenOver: "**The partitions of {worker} moved to the others,** who began again at the committed offset: {count} {count:record|records} trained twice so far." / "**{worker} 的分区已转给其他成员，**它们从已提交位移重新开始：目前有 {count} 条记录训练了两次。";
    TrainRunningIdle: "**{workers} trainers, one consumer group, {idle} of them idle:** a partition belongs to one member at a time. The average is version {version}." / "**{workers} 个训练者，一个消费组，其中 {idle} 个空闲：**一个分区同一时间只属于一个成员。平均后的参数是第 {version} 版。";
    ModelChoice: "Model" / "模型";
    LearningRate: "Learning rate" / "学习率";
    NewRunNote: "a choice starts a new run; 4 partitions keep at most 4 workers busy" / "更改后重新开始；4 个分区最多让 4 个工作者有活干";
    WorkerIdle: "idle: no partition left for it" / "空闲：没有剩余分区";
    IdleWorkers: "idle **{count}**" / "空闲 **{count}**";
    AtRisk: "uncommitted **{count}**" / "未提交 **{count}**";
    AtRiskNote: "Records read since the committed offsets: whoever takes over reads them again" / "自已提交位移以来读取的记录：接手者会重新读取";
    SampleImages: "Test images with the model’s answer" / "测试图像与模型的回答";
    SampleLabel: "a {label}, taken for a {answer}, sure to {share}" / "实际是 {label}，模型判为 {answer}，把握 {share}";
    SampleNote: "one test image of each digit, then those it still takes for another" / "每个数字一张测试图像，其后是仍被认错的";
    DoWorkersHelp: "Do more workers help?" / "工作者越多越好吗？";
    CompareWorkers: "Compare 1, 2, 4, 8 workers" / "比较 1、2、4、8 个工作者";
    CompareNote: "Trains anew with each number of workers, in a second Web Worker, and then with one worker whose settings are tuned. The run above goes on." / "在第二个 Web Worker 中，用每种数量的工作者各训练一遍，再用一个调过参数的单工作者训练。上面的运行不受影响。";
    Cancel: "Cancel" / "取消";
    SweepProgress: "{done} of {all} runs" / "共 {all} 次运行，已完成 {done} 次";
    SweepFailed: "The second worker did not answer. Try again." / "第二个 Worker 没有回应，请重试。";
    RecordsASecond: "Records a second" / "每秒记录数";
    TimeTo: "Speed to {goal} accuracy" / "达到 {goal} 准确率的快慢";
    TunedOne: "one tuned worker" / "调优后的单工作者";
    TunedShort: "1 tuned worker {factor}×" / "调优单工作者 {factor}×";
    MeasuredHere: "measured here" / "本机实测";
    SweepTook: "the whole comparison took {seconds} s on this computer; the times above are simulated and count from the first update" / "整个比较在本机用时 {seconds} 秒；上面的时间是模拟时间，从第一次更新算起";
    SweepSays: "8 workers train **{speed}×** the records a second of one and reach {goal} **{sooner}×** sooner. Every number of workers makes the same updates, only sooner; {partitions} partitions keep {partitions} busy." / "8 个工作者每秒训练的记录是单个的 **{speed}×**，达到 {goal} 快 **{sooner}×**。各种数量的工作者做同样的更新，只是更早；{partitions} 个分区最多让 {partitions} 个有活干。";
    SweepTuned: "**One tuned worker** (one partition, an update every 16 records, learning rate {rate}) needs {time}: **{factor}×** one untuned." / "**调优后的单工作者**（一个分区，每 16 条记录更新一次，学习率 {rate}）需要 {time}：是未调优单个的 **{factor}×**。";
    SweepNeverTuned: "No tuned single worker reached {goal}." / "没有调优的单工作者达到 {goal}。";
    KillWorker: "Kill worker {worker}" / "杀死工作者 {worker}";
    RestartWorker: "Restart worker {worker}" / "重启工作者 {worker}";
    Kill: "Kill" / "杀死";
    Pipeline: "Pipeline" / "流水线";
    StagePartitions: "{count} {count:partition|partitions}" / "{count} 个分区";
    StagePartitionsLag: "{count} {count:partition|partitions} · lag {lag}" / "{count} 个分区 · 积压 {lag}";
    StageMembers: "{count} {count:worker|workers} · gen {generation}" / "{count} 个工作者 · 第 {generation} 代";
    Workers: "Workers" / "工作者";
    WorkersNote: "each sees only its own partitions" / "每个只看到自己的分区";
    WorkerPartition: "partition {partition}" / "分区 {partition}";
    WorkerPartitions: "partitions {partitions}" / "分区 {partitions}";
    WorkerNoPartition: "no partition" / "没有分区";
    WorkerLoss: "loss **{loss}**" / "损失 **{loss}**";
    WorkerRecords: "records **{count}**" / "记录 **{count}**";
    LabelMix: "labels seen: {labels}" / "见过的标签：{labels}";
    TrainedTwice: "trained twice **{count}**" / "训练两次 **{count}**";
    TrainedRecords: "records **{count}**" / "记录 **{count}**";
    RecordRate: "**{rate}** rec/s" / "**{rate}** 条/秒";
    EpochOf: "epoch **{epoch}** of {epochs}" / "第 **{epoch}** 轮，共 {epochs} 轮";
    Loss: "Loss" / "损失";
    SimulatedTime: "simulated time" / "模拟时间";
    LossKeyAverage: "— average" / "— 平均";
    LossKeyWorkers: "┄ each worker, on its own records" / "┄ 每个工作者，在自己的记录上";
    Accuracy: "Accuracy of the average" / "平均参数的准确率";
    LossLabel: "Loss over simulated time, now {loss}" / "损失随模拟时间的变化，现在 {loss}";
    AccuracyLabel: "Accuracy over simulated time, now {accuracy}" / "准确率随模拟时间的变化，现在 {accuracy}";
    NoDataYet: "no data yet" / "还没有数据";
    ModelNote: "{shape} · batch {batch} · learning rate {rate} · seed {seed}" / "{shape} · 批次 {batch} · 学习率 {rate} · 种子 {seed}";
    Confusion: "Confusion" / "混淆矩阵";
    ConfusionOf: "{right} of {all}" / "{all} 中 {right}";
    ConfusionNote: "rows: truth, columns: prediction; the evaluators’ counts, added" / "行：真实，列：预测；各评估者计数之和";
    VersionTitle: "Average, v{version}" / "平均参数，第 {version} 版";

    // The inspector, and why.
    ThingReplica: "{partition} on broker {broker}" / "Broker {broker} 上的 {partition}";
    ThingRecord: "record {offset}, {partition} on broker {broker}" / "Broker {broker} 上 {partition} 的记录 {offset}";
    ThingLane: "{group} on {partition}" / "{group} 消费 {partition}";
    ThingMessage: "message in flight" / "传输中的消息";
    ThingEvent: "event at {time}" / "{time} 的事件";

    // Zoom, scale and messages in flight.
    Scenario: "Scenario" / "场景";
    Scale: "Scale" / "规模";
    SetupTenBrokers: "ten brokers, 24 partitions" / "十个 Broker，24 个分区";
    SetupHundredBrokers: "a hundred brokers, 10,000 partitions" / "一百个 Broker，10000 个分区";
    OpeningProgress: "Progress of the start" / "启动进度";

    // Share and save.
    Share: "Share" / "分享";
    ShareLinkNote: "The link opens this run paused at {time}, with its {count} {count:action|actions}." / "此链接会打开这次运行，停在 {time}，包含 {count} 个操作。";
    ShareLink: "Link to this moment" / "此刻的链接";
    CopyLink: "Copy the link" / "复制链接";
    LinkCopied: "Copied." / "已复制。";
    CopyByHand: "The browser does not let the page copy. It is selected: copy it with Ctrl C." / "浏览器不允许页面复制。内容已选中，请按 Ctrl C 复制。";
    LinkTooLong: "The link would have {chars} characters, and {limit} is the most that travels. Save the run as a file." / "链接将有 {chars} 个字符，最多能传送 {limit} 个。请改为保存成文件。";
    SaveRun: "Save as a file" / "保存为文件";
    SaveRunNote: "The same run as JSON, to read, compare and keep." / "同一次运行，以 JSON 保存，可以阅读、比较和保留。";
    LoadRun: "Open a file" / "打开文件";
    LoadRunNote: "Opens a saved run at its moment. A file that is wrong changes nothing." / "在保存的时刻打开运行。有错误的文件不会改变任何东西。";
    ExportTrace: "Export the trace" / "导出事实轨迹";
    ExportTraceNote: "Every fact up to now with its cause, one JSON object a line." / "到现在为止的每个事实及其原因，每行一个 JSON 对象。";
    ExportProgress: "repeating the run: {percent} %" / "正在重放：{percent} %";
    OpeningShared: "Opening the shared run: {percent} %" / "正在打开分享的运行：{percent} %";
    RefusedLink: "The link was not opened; nothing has changed." / "链接没有打开，一切保持原样。";
    RefusedFile: "The file was not opened; nothing has changed." / "文件没有打开，一切保持原样。";
    SharedForeign: "It is not a run of Kafka Playground." / "它不是 Kafka Playground 的运行。";
    SharedTooLarge: "It has {size} bytes; at most {limit} are read." / "它有 {size} 字节，最多只读取 {limit} 字节。";
    SharedNewer: "It has format {format}, which this page does not know yet." / "它的格式是 {format}，此页面还不认识。";
    SharedDamaged: "Its checksum does not fit: a part was lost or changed on the way." / "校验和不符：传送途中有一部分丢失或被改动。";
    SharedSyntax: "It is not JSON at line {line}, column {column}." / "第 {line} 行第 {column} 列不是有效的 JSON。";
    SharedField: "The field {name} is wrong: {why}." / "字段 {name} 有误：{why}。";
    SharedTooMany: "It has {count} actions; a run holds at most {limit}." / "它有 {count} 个操作，一次运行最多 {limit} 个。";
    SharedAction: "Action {action} of {count} is wrong: {why}." / "第 {action} 个操作（共 {count} 个）有误：{why}。";
    SharedNoMoment: "The run does not come by the moment {time} at which it should open." / "这次运行不会经过它应当打开的时刻 {time}。";
    SharedAskAgain: "Copy the whole link again, or ask for the run as a file." / "请重新复制完整的链接，或索取运行的文件。";
    SharedMend: "Mend it there, or save the run anew." / "请在该处改正，或重新保存运行。";
    SharedUpdate: "Open it with a newer Kafka Playground." / "请用更新的 Kafka Playground 打开。";
    WrongUnreadable: "it cannot be read ({why})" / "无法读取（{why}）";
    WrongNode: "there is no process {node} then" / "那时没有进程 {node}";
    WrongNumber: "{number} is more than {limit}" / "{number} 超过上限 {limit}";
    WrongOrder: "it lies before the action before it" / "它早于前一个操作";
    WrongAfter: "it lies after the moment at which the run opens" / "它晚于运行打开的时刻";
    WrongMoment: "the run does not come by its moment {time}" / "这次运行不会经过它的时刻 {time}";
    WrongRefused: "it cannot be done then: {why}" / "那时无法执行：{why}";
    SharedFrom: "It was made by version {engine}; this is version {own}." / "它由版本 {engine} 生成，当前版本是 {own}。";
    SharedSame: "Repeated here it ends in the same world hash." / "在此重放后世界哈希一致。";
    SharedOther: "Repeated here it ends in another world hash: what stands here is not exactly what was shared." / "在此重放后世界哈希不一致：此处所见与分享时不完全相同。";

    // Keys, commands and sizes.

    // Comparing and changing.
    TrainBrokers: "Brokers" / "Broker";
    GoalLine: "goal {goal}" / "目标 {goal}";
    LatencyP99: "Produce latency p99, ms" / "写入延迟 p99，毫秒";
    UpTo: "0 to {top}" / "0 到 {top}";
    OfferSlowDisk: "Slow the disk (10 s a write)" / "减慢磁盘（每次写入 10 秒）";
    SlowDisk: "slow disk" / "磁盘慢";
    NarrateSlowDisk: "**The disk of broker {broker} is slow.** Its copies come late, and acks=all waits for every replica in the ISR: it ends when the broker leaves the ISR, after {timeout} s." / "**Broker {broker} 的磁盘很慢。**它的副本落后，而 acks=all 要等 ISR 中的每个副本：{timeout} 秒后它退出 ISR，等待才结束。";
    NarrateSlowAlone: "**The disk of broker {broker} is slow.** Its copies have left the ISR of {count} {count:partition|partitions}: acks=all waits for the others only." / "**Broker {broker} 的磁盘很慢。**它的副本已退出 {count} 个分区的 ISR：acks=all 只等其余副本。";
    SlowTheDisk: "Slow the disk of broker {id}" / "减慢 Broker {id} 的磁盘";
    RestoreDisk: "Restore the disk of broker {id}" / "恢复 Broker {id} 的磁盘";
    OfferFastDisk: "Restore the disk" / "恢复磁盘";
    OfferRemove: "Remove: close and leave the group" / "移除：关闭并退出消费组";
    OfferClose: "Close: send what waits, then end" / "关闭：发完等待的记录后退出";
    OfferPreferred: "Elect the preferred leaders" / "选举首选 leader";
    OfferUnclean: "Elect leaders uncleanly" / "进行 unclean leader 选举";
    ActDiskSlowed: "You slowed the disk of **{node}**" / "你减慢了 **{node}** 的磁盘";
    ActDiskRestored: "The disk of **{node}** is as fast as before" / "**{node}** 的磁盘恢复原速";
    ActKeys: "**{node}** uses {count} {count:key|keys} in turn" / "**{node}** 轮流使用 {count} 个 key";
    ActNoKeys: "**{node}** sends records without a key: the sticky partitioner chooses" / "**{node}** 发送不带 key 的记录：由粘性分区器选择分区";
    ActValueBytes: "**{node}** sends values of {count} bytes" / "**{node}** 发送 {count} 字节的 value";
    ActProcessing: "**{node}** works {count} ms on a record" / "**{node}** 处理每条记录用 {count} 毫秒";
    AskedPreferred: "Elect the preferred leaders" / "选举首选 leader";
    AskedUnclean: "Elect leaders where there is none, unclean if need be" / "为没有 leader 的分区选举，必要时 unclean";
    AskedDefault: "**{of}**: {name} back to its default" / "**{of}**：{name} 恢复默认值";
    AskedPartitions: "**{topic}**: {count} {count:partition|partitions}" / "**{topic}**：{count} 个分区";
    AllBrokers: "all brokers" / "所有 Broker";
    ThisBroker: "this broker" / "此 Broker";
    OutcomeLimit: "the playground allows at most {limit}" / "本站上限为 {limit}";
    FormKeys: "Keys" / "key";
    FormValueBytes: "Size of a value" / "value 大小";
    FormProcessing: "Pace of a consumer" / "消费者的处理速度";
    FormBrokerConfig: "Broker configuration" / "Broker 配置";
    FormPartitions: "Add partitions" / "增加分区";
    FieldKeys: "different keys, 0 = none" / "不同的 key 数，0 = 不用 key";
    FieldValueBytes: "bytes" / "字节";
    FieldProcessing: "ms a record" / "每条记录毫秒数";
    FieldScope: "for" / "作用于";
    FieldTotal: "partitions in all" / "分区总数";
    SubmitDefault: "Default" / "恢复默认";
    FixedConfig: "{name} (needs a restart)" / "{name}（需重启）";

    // Starting and failing.
    StartingSimulator: "Starting the simulator" / "正在启动模拟器";
    WorkerFailedTitle: "The simulator did not start." / "模拟器没有启动。";
    WorkerFailedBody: "The engine runs in a Web Worker, and that worker has not answered for {seconds} seconds. A content blocker, an old browser or an interrupted download can be the reason." / "引擎在 Web Worker 中运行，而它已有 {seconds} 秒没有回应。可能是内容拦截器、旧浏览器或下载中断。";
    TryAgain: "Try again" / "重试";
    EngineStoppedTitle: "The simulator stopped because of a fault of its own." / "模拟器因自身错误而停止。";
    EngineStoppedBody: "Your run is not lost: a run is its setup, its seed and your actions, and the page has kept them. Last picture: {time}." / "你的运行没有丢失：运行由设置、种子和你的操作组成，页面都保留了。最后的画面：{time}。";
    EngineReport: "Report: seed {seed}, time {time}. {message}" / "报告：种子 {seed}，时间 {time}。{message}";
    ReopenBefore: "Reopen just before it" / "在出错前重新打开";
    StartOver: "Start over" / "重新开始";
    CopyReport: "Copy the report" / "复制报告";
    WrongVersion: "The page and the engine are of different versions. Reload the page." / "页面与引擎版本不同，请重新加载页面。";
}
