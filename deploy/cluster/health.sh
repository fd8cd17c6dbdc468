#!/bin/sh
# A node's health check, with a cure for what `pause_minority` does not notice: a node that was frozen for so
# long that the others gave it up comes back beside the cluster and not in it. It is stopped, and the restart
# that follows makes it join again.
exec rabbitmqctl -q eval '
    true = rabbit:is_running(),
    {ok, Socket} = gen_tcp:connect("localhost", 5672, [], 3000),
    gen_tcp:close(Socket),
    Partitions = rabbit_node_monitor:partitions(),
    Seen = length(mnesia:system_info(running_db_nodes)),
    case Partitions =/= [] andalso 2 * Seen =< length(mnesia:system_info(db_nodes)) of
        true -> io:format(user, "this node is beside the cluster: restarting~n", []), init:stop();
        false -> Partitions
    end.
'
