#!/bin/sh
# A node's health check. That a connection opens proves little: a broker whose disk was full takes no message any
# more when there is room again, until it is restarted. So a message goes into a quorum queue and comes out again.
# Not during an alarm, when publishers wait and consumers go on, nor before `doorstep topology apply`.
#
# And a cure for what `pause_minority` does not notice: a node that was frozen for so long that the others gave it
# up comes back beside the cluster and not in it. It is stopped, and the restart that follows makes it join again.
exec rabbitmqctl -q eval "$(cat <<'ERLANG'
    true = rabbit:is_running(),
    {ok, [Listener | _]} = application:get_env(rabbit, tcp_listeners),
    Port = case Listener of {_, Number} -> Number; Number -> Number end,
    {ok, Socket} = gen_tcp:connect("localhost", Port, [], 3000),
    gen_tcp:close(Socket),

    Partitions = rabbit_node_monitor:partitions(),
    Seen = length(mnesia:system_info(running_db_nodes)),
    Beside = Partitions =/= [] andalso 2 * Seen =< length(mnesia:system_info(db_nodes)),

    Queue = <<"doorstep.health">>,
    ThroughIt = fun(Connection) ->
        {ok, Channel} = amqp_connection:open_channel(Connection),
        amqp_channel:call(Channel, {'confirm.select', false}),
        Properties = erlang:make_tuple(15, undefined, [{1, 'P_basic'}]),
        Message = {amqp_msg, Properties, <<"health">>},
        ok = amqp_channel:call(Channel, {'basic.publish', 0, <<>>, Queue, false, false}, Message),
        true = amqp_channel:wait_for_confirms(Channel, 5),
        {{'basic.get_ok', _, _, _, _, _}, _} = amqp_channel:call(Channel, {'basic.get', 0, Queue, true})
    end,
    Within5s = fun() ->
        Here = {amqp_params_direct, none, none, <<"/">>, node(), none, []},
        {ok, Connection} = amqp_connection:start(Here),
        {Worker, Watch} = spawn_monitor(fun() -> ThroughIt(Connection) end),
        How = receive {'DOWN', Watch, process, Worker, normal} -> well; {'DOWN', Watch, _, _, _} -> ill
              after 5000 -> late end,
        exit(Worker, kill),
        catch amqp_connection:close(Connection, 1000),
        {takes_messages, well} = {takes_messages, How}
    end,

    Declared = rabbit_amqqueue:exists(rabbit_misc:r(<<"/">>, queue, Queue)),
    case {Beside, rabbit_alarm:get_alarms(), Declared} of
        {true, _, _} ->
            io:format(user, "this node is beside the cluster: restarting~n", []),
            init:stop();
        {false, [], true} -> Within5s();
        _ -> Partitions
    end.
ERLANG
)"
